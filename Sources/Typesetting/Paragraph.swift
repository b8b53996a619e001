/// Breaks runs of text into lines of a given width, looking at the whole paragraph at once: the breaks are those with
/// the least sum of squared badness (after Knuth and Plass, "Breaking Paragraphs into Lines", 1981), without
/// hyphenation.
struct Paragraph {
  enum Alignment { case justified, left, right, centre }

  /// What is set between two possible breaks: runs without a space in them.
  private struct Word {
    var pieces: [(inline: Inline, font: Font, width: Double)]
    /// Width of the space after it; nil at the end of the paragraph or where a line must end.
    var space: Double?
    var endsLine = false
    var width: Double { pieces.reduce(0) { $0 + $1.width } }
  }

  private let words: [Word]
  private let size: Double
  private let theme: Theme
  private let measurer: any TextMeasurer

  init(_ runs: [Inline], size: Double, theme: Theme, measurer: any TextMeasurer) {
    self.size = size
    self.theme = theme
    self.measurer = measurer
    var words: [Word] = []
    var current = Word(pieces: [], space: nil)
    let space = measurer.extent(of: " ", font: Font(theme.textFamily, size: size)).width
    func finish(endsLine: Bool) {
      if !current.pieces.isEmpty || endsLine {
        current.space = space
        current.endsLine = endsLine
        words.append(current)
        current = Word(pieces: [], space: nil)
      }
    }
    for run in runs {
      let font = theme.font(run, size: size)
      var text = ""
      func flush() {
        guard !text.isEmpty else { return }
        var piece = run
        piece.text = text
        if let before = current.pieces.last, before.inline.italic, !run.italic {
          current.pieces[current.pieces.count - 1].width += Self.correction(before.inline.text, text) * size
        }
        current.pieces.append((piece, font, measurer.extent(of: text, font: font).width))
        text = ""
      }
      let characters = Array(run.text)
      for (index, character) in characters.enumerated() {
        if character == "\u{2028}" {
          flush()
          finish(endsLine: true)
        } else if character == " ", text.count < 40, let last = text.last, Self.isFromRightToLeft(last),
          characters.indices.contains(index + 1), Self.isFromRightToLeft(characters[index + 1])
        {
          // Words that are written from right to left stand in that order only when they are shaped together.
          text.append(character)
        } else if character == " " || character.isNewline || character == "\t" {
          flush()
          finish(endsLine: false)
        } else {
          text.append(character)
          // A long path or name may break after these, without a space.
          if run.mono, "/_-,".contains(character), text.count > 2 {
            flush()
            if !current.pieces.isEmpty {
              current.space = 0
              words.append(current)
              current = Word(pieces: [], space: nil)
            }
          }
        }
      }
      flush()
    }
    finish(endsLine: false)
    self.words = words
  }

  /// What a letter that leans needs so as not to run into upright signs behind it, in units of the size.
  private static func correction(_ leaning: String, _ upright: String) -> Double {
    guard leaning.last?.isLetter ?? false, let next = upright.first else { return 0 }
    return next == "(" ? 0.06 : [")", "|", "′"].contains(next) ? 0.1 : 0
  }

  /// Of Hebrew, Arabic and their like.
  private static func isFromRightToLeft(_ character: Character) -> Bool {
    switch character.unicodeScalars.first?.value ?? 0 {
    case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
    default: false
    }
  }

  /// The width without any break.
  var naturalWidth: Double {
    var width = 0.0
    for (index, word) in words.enumerated() {
      width += word.width + (index + 1 < words.count ? word.space ?? 0 : 0)
    }
    return width
  }

  /// The lines, each a frame of the given width whose baseline is `ascent` below its top.
  func lines(width: Double, leading: Double, alignment: Alignment) -> [Frame] {
    guard !words.isEmpty else { return [] }
    let words = words.flatMap { cut($0, toFit: width) }
    var lines: [Frame] = []
    var start = 0
    let breaks = breakpoints(words, width: width, justified: alignment == .justified)
    for end in breaks {
      let isLast = end == words.count || words[end - 1].endsLine
      lines.append(set(Array(words[start..<end]), width: width, leading: leading, alignment: alignment, isLast: isLast))
      start = end
    }
    return lines
  }

  /// A word wider than a line (a hash, an address) in parts that fit, since it would leave the page otherwise.
  private func cut(_ word: Word, toFit width: Double) -> [Word] {
    guard word.width > width else { return [word] }
    var parts: [Word] = []
    var current = Word(pieces: [], space: 0)
    for piece in word.pieces {
      var text = ""
      func flush() {
        guard !text.isEmpty else { return }
        current.pieces.append((piece.inline.with(text), piece.font, measurer.extent(of: text, font: piece.font).width))
        text = ""
      }
      for character in piece.inline.text {
        let wider = measurer.extent(of: text + String(character), font: piece.font).width
        if current.width + wider > width, !(text.isEmpty && current.pieces.isEmpty) {
          flush()
          parts.append(current)
          current = Word(pieces: [], space: 0)
        }
        text.append(character)
      }
      flush()
    }
    current.space = word.space
    current.endsLine = word.endsLine
    return parts + [current]
  }

  /// Where lines end, as indices of the words after them.
  private func breakpoints(_ words: [Word], width: Double, justified: Bool) -> [Int] {
    let count = words.count
    var cost = [Double](repeating: .infinity, count: count + 1)
    var previous = [Int](repeating: 0, count: count + 1)
    cost[0] = 0
    for start in 0..<count where cost[start].isFinite {
      var natural = 0.0
      var spaces = 0.0
      for end in (start + 1)...count {
        let word = words[end - 1]
        natural += word.width
        let isLast = end == count || word.endsLine
        let slack = width - natural - spaces
        let isAlone = end == start + 1
        // Spaces may shrink by a quarter where lines are justified.
        let shrink = justified ? spaces * 0.25 : 0
        if slack < -shrink - 0.001 && !isAlone { break }
        let penalty: Double
        if slack < 0 {
          penalty =
            isAlone && slack < -shrink ? 1e6 : 1 + 40 * (slack / max(shrink, 0.01)) * (slack / max(shrink, 0.01))
        } else if isLast {
          // A last line of one short word looks lost.
          penalty = natural < width * 0.08 && start > 0 ? 60 : 0
        } else {
          let ratio = slack / max(justified ? spaces * 0.5 : width * 0.12, size * 0.25)
          penalty = 1 + 100 * ratio * ratio * ratio
        }
        let total = cost[start] + (1 + penalty) * (1 + penalty)
        if total < cost[end] {
          cost[end] = total
          previous[end] = start
        }
        if word.endsLine { break }
        spaces += word.space ?? 0
      }
    }
    var breaks: [Int] = []
    var end = count
    while end > 0 {
      breaks.append(end)
      end = previous[end]
    }
    return breaks.reversed()
  }

  private func set(
    _ words: [Word], width: Double, leading: Double, alignment: Alignment, isLast: Bool
  ) -> Frame {
    let natural = words.reduce(0) { $0 + $1.width }
    let spaces = words.dropLast().map { $0.space ?? 0 }
    let spaceSum = spaces.reduce(0, +)
    var stretch = 1.0
    var x = 0.0
    let slack = width - natural - spaceSum
    switch alignment {
    case .justified: if spaceSum > 0, !isLast || slack < 0 { stretch = (width - natural) / spaceSum }
    case .left: break
    case .right: x = slack
    case .centre: x = slack / 2
    }
    let metrics = measurer.extent(of: "x", font: Font(theme.textFamily, size: size))
    let baseline = (leading - metrics.ascent - metrics.descent) / 2 + metrics.ascent
    var items: [PlacedItem] = []
    var pending: (text: String, inline: Inline, font: Font, x: Double, end: Double)?
    func place() {
      guard let run = pending else { return }
      var colour = run.inline.colour ?? theme.ink
      if run.inline.link != nil, run.inline.colour == nil { colour = theme.linkInk }
      let rise = run.inline.script == .sub ? size * 0.16 : (run.inline.script == .super ? -size * 0.33 : 0)
      items.append(
        .text(PlacedText(run.text, font: run.font, colour: colour, origin: Point(run.x, baseline + rise))))
      if let link = run.inline.link {
        items.append(.link(Rect(x: run.x, y: 0, width: run.end - run.x, height: leading), link))
      }
      pending = nil
    }
    for (index, word) in words.enumerated() {
      for piece in word.pieces {
        place()
        pending = (piece.inline.text, piece.inline, piece.font, x, x + piece.width)
        x += piece.width
      }
      if index + 1 < words.count { x += (word.space ?? 0) * stretch }
    }
    place()
    return Frame(size: Size(width: width, height: leading), items: items)
  }
}
