import Images
import Support
import Typesetting

/// Draws placed items on a Cairo context.
struct CairoCanvas {
  let target: CairoSurface
  let shaper: PangoShaper
  let pictures: PictureCache
  /// Collects the structure, and has links and anchors drawn; only PDF has them.
  let structure: StructureTree?
  /// Anchors that exist: a link to another is none.
  let anchors: Set<String>
  /// Whether links to addresses are links.
  var leadsOutside = true

  func draw(_ items: [PlacedItem]) throws(Problem) {
    var index = 0
    while index < items.count {
      let item = items[index]
      index += 1
      switch item {
      case .text(let text):
        // A link lies over the text before it.
        if structure != nil, items.indices.contains(index), case .link(let rect, let target) = items[index],
          rect.x < text.origin.x + 0.01, rect.maxX > text.origin.x, leads(target)
        {
          index += 1
          link(rect, target, text.text) { draw(spaced(text, before: items[index...])) }
          continue
        }
        begin(isText: true)
        draw(structure == nil ? text : spaced(text, before: items[index...]))
      case .path(let path):
        begin(isText: false)
        draw(path)
      case .picture(let picture):
        begin(isText: false)
        try draw(picture)
      case .group(let items, let offset, let clip):
        target.save()
        target.translate(offset.x, offset.y)
        if let clip {
          target.rectangle(clip)
          target.clip()
        }
        try draw(items)
        target.restore()
      case .valued(let items, _): try draw(items)
      case .tagged(let items, let role, let alternative):
        guard let structure else {
          try draw(items)
          continue
        }
        try structure.element(role, alternative, box: role.box.map(placed)) { () throws(Problem) in try draw(items) }
      case .link(let rect, let target):
        if leads(target) { link(rect, target, "") {} }
      case .anchor(let name, let point): anchor(name, point)
      }
    }
  }

  // MARK: - Structure

  private func begin(isText: Bool) {
    structure?.draw(isText: isText, begin: mark)
  }

  /// Draws what `PDFStructure` finds again in the page's stream, wherever the pen is.
  private func mark(_ number: Int) {
    let rect = StructureMark.rect(number)
    target.save()
    target.resetClipAndPlace()
    // Most text is black or nearly so; Cairo says a colour only where it changes.
    target.setColour(.black)
    target.beginPath()
    target.rectangle(rect)
    target.fill()
    target.restore()
  }

  /// The text with a space at its end, unless the next one goes on where it ends: words are placed singly, and who
  /// copies or hears them needs their ends.
  private func spaced(_ text: PlacedText, before rest: ArraySlice<PlacedItem>) -> PlacedText {
    var spaced = text
    for item in rest {
      switch item {
      case .link: continue
      case .text(let next) where next.rotation == text.rotation:
        let width = shaper.extent(of: text.text, font: text.font).width
        let end = text.rotation == 90 ? text.origin.y - width : text.origin.x + width
        let distance = text.rotation == 90 ? end - next.origin.y : next.origin.x - end
        let across = text.rotation == 90 ? next.origin.x - text.origin.x : next.origin.y - text.origin.y
        if abs(distance) < 0.1 * text.font.size, abs(across) < 0.5 * text.font.size { return text }
      default: break
      }
      break
    }
    spaced.text += " "
    return spaced
  }

  private func draw(_ text: PlacedText) {
    target.save()
    target.setColour(text.colour)
    target.translate(text.origin.x, text.origin.y)
    if text.rotation != 0 { target.rotate(-text.rotation * .pi / 180) }
    target.move(to: Point(0, 0))
    shaper.draw(text.text, font: text.font, on: target, asPath: pictures.rasterises)
    target.restore()
  }

  private func draw(_ path: PlacedPath) {
    target.beginPath()
    for element in path.elements {
      switch element {
      case .move(let point): target.move(to: point)
      case .line(let point): target.line(to: point)
      case .curve(let a, let b, let c): target.curve(a, b, to: c)
      case .close: target.closePath()
      }
    }
    if let fill = path.fill {
      target.setColour(fill)
      if path.stroke == nil { target.fill() } else { target.fillPreserving() }
    }
    if let stroke = path.stroke {
      target.setStroke(stroke)
      target.stroke()
    }
    target.beginPath()
  }

  private func draw(_ placed: PlacedPicture) throws(Problem) {
    let picture = placed.picture
    let (width, height) = (Double(picture.pixelWidth), Double(picture.pixelHeight))
    let source = try pictures.picture(picture)
    target.save()
    target.translate(placed.frame.x, placed.frame.y)
    target.scale(placed.frame.width / width, placed.frame.height / height)
    // Extended edges do not fade into the ground. A page description must not have them: Cairo would embed a copy of
    // the pixels with a border instead of the picture's own file.
    target.setPicture(source, smooth: placed.smooth, extendsEdges: pictures.rasterises)
    target.rectangle(Rect(x: 0, y: 0, width: width, height: height))
    target.fill()
    target.restore()
  }

  private func leads(_ target: LinkTarget) -> Bool {
    guard structure != nil else { return false }
    if case .anchor(let name) = target { return anchors.contains(name) }
    return leadsOutside
  }

  private func link(_ rect: Rect, _ target: LinkTarget, _ text: String, _ draw: () -> Void) {
    let destination: StructureTree.Link.Destination =
      switch target {
      case .address(let address): .address(address)
      case .anchor(let name): .anchor(name)
      }
    structure?.link(placed(rect), destination, text, begin: mark, draw: draw)
  }

  /// In the coordinates of the page.
  private func placed(_ rect: Rect) -> Rect {
    let origin = target.onPage(Point(rect.x, rect.y))
    return Rect(x: origin.x, y: origin.y, width: rect.width, height: rect.height)
  }

  private func anchor(_ name: String, _ point: Point) {
    structure?.anchor(name, target.onPage(point))
  }

  static func anchors(in items: [PlacedItem]) -> Set<String> {
    var names: Set<String> = []
    for item in items {
      switch item {
      case .anchor(let name, _): names.insert(name)
      case .group(let items, _, _), .tagged(let items, _, _), .valued(let items, _):
        names.formUnion(anchors(in: items))
      default: break
      }
    }
    return names
  }
}
