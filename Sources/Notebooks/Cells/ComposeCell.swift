import Figures
import Support
import Typesetting

/// Figures of the template side by side as one.
struct ComposeCell: Cell {
  static let key = "compose"
  static let help =
    "Figures of the template, which it names, side by side as (a), (b), ... of one figure with one caption; they stand in it "
    + "alone."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.labels(label: \.labels.label, caption: \.labels.caption) + [
      DeclaredOption(
        "figures", \.figures, .words, standard: "must be given", required: "figures: [fig-curve, fig-histogram]",
        help:
          "Labels of cells that make figures and of pictures, before or after this cell. A cell that is repeated gives a part for "
          + "each turn. Prose refers to a part by its own label, or by this figure’s and the letter: `@fig-both-a`."),
      DeclaredOption("columns", \.columns, .wholeNumber(in: 1...6), help: "At most so many parts beside each other."),
      DeclaredOption(
        "widths", \.widths, OptionKind<Double>.number(in: .closed(0.1, 10)).list(repeating: true),
        standard: "all the same",
        help: "How wide the columns are, in proportion to each other: `[2, 1]`."),
      DeclaredOption(
        "titles", \.titles, .words, standard: "none", help: "Printed behind the letters, one for each part in order."),
    ]
  static let examples: [CellExample] = [
    CellExample(
      key, "Two figures as one, with one caption; prose refers to `@fig-both` and `@fig-both-a`:",
      "label: fig-both\nfigures: [fig-left, fig-right]\ntitles: [drift and attack, drift and confidence]\nwidths: [3, 2]\n"
        + "caption: How far attention drifts.",
      before:
        "```{mod-curve}\nlabel: fig-left\naccuracy: false\n```\n\n```{scatter}\nlabel: fig-right\nmodels: [vgg16]\n```\n\n"
    )
  ]
  /// Of the parts.
  static let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }

  var labels = CellLabels()
  var figures: [String] = []
  var columns = 2
  var widths: [Double] = []
  var titles: [String] = []

  init() {}

  /// That of the parts, one behind the other.
  func caption(_ context: CellContext) throws -> String { "" }

  func content(_ context: CellContext) throws -> [CellContent] {
    let parts = context.parts
    guard widths.count <= columns else {
      throw Problem.usage(
        at: context.place("widths"), "`widths` has \(widths.count) values for `columns: \(columns)`",
        remedy: "Give at most one for each column.")
    }
    guard titles.count <= parts.count else {
      throw Problem.usage(
        at: context.place("titles"), "`titles` has \(titles.count) values for \(parts.count) parts",
        remedy: "Give at most one for each part.")
    }
    let panels = parts.enumerated().map { index, part in
      FigurePanels.Panel(
        foot: "(\(part.letter))" + (titles.indices.contains(index) ? " " + titles[index] : ""), anchors: part.anchors
      ) { width in
        part.frame(width, context)
      }
    }
    let words = parts.map { "(\($0.letter)) \($0.alternative)" }
    let (columns, widths) = (columns, widths)
    // Higher than a page, all of it becomes narrower, with as many parts beside each other.
    @Sendable func frame(_ width: Double) -> Frame {
      func made(_ share: Double) -> Frame {
        var panels = FigurePanels(panels: panels, columns: columns, weights: widths, width: width * share)
        panels.leastWidth *= share
        return panels.frame(measurer: context.measurer, style: context.style)
      }
      var share = 1.0
      var found = made(share)
      while found.size.height > context.maximumHeight, share > 0.4 {
        share -= 0.05
        found = made(share)
      }
      return found
    }
    let whole = frame(context.width)
    let height = whole.size.height
    guard height <= context.maximumHeight else {
      throw Problem.usage(
        at: context.place("figures"),
        "\(parts.count) parts in \(columns == 1 ? "one column" : "\(columns) columns") are \(Int(height.rounded(.up))) points high even where they are narrow, and a page "
          + "has room for \(Int(context.maximumHeight))",
        remedy: "Name fewer figures, or let more stand beside each other: `columns`.")
    }
    return [
      .plot(alternative: words.joined(separator: " ")) { width in
        let made = width == context.width ? whole : frame(width)
        return Frame(
          size: Size(width: width, height: made.size.height),
          items: [.group(made.items, offset: Point((width - made.size.width) / 2, 0), clip: nil)])
      }
    ]
  }
}

/// A figure that stands in another.
struct ComposedPart: Sendable {
  /// "a"
  var letter: String
  /// Labels that lead to it.
  var anchors: [String]
  /// More than one where it would go on over pages; none where it could not be made.
  var figures: [CellFigure]
  var alternative: String

  fileprivate func frame(_ width: Double, _ context: CellContext) -> Frame {
    guard !figures.isEmpty else {
      let font = context.style.text
      let text = "could not be made"
      let used = context.measurer.extent(of: text, font: font).width
      let box = Rect(x: 0.5, y: 0.5, width: width - 1, height: width * 0.4)
      return Frame(
        size: Size(width: width, height: width * 0.4 + 1),
        items: [
          .path(.rectangle(box, stroke: Stroke(Palette.wrong, width: 0.8))),
          .text(
            PlacedText(
              text, font: font, colour: Palette.wrong, origin: Point((width - used) / 2, width * 0.2 + font.size * 0.3))
          ),
        ])
    }
    return FigurePanels(panels: figures.map { .init(frame: $0.frame) }, columns: 1, width: width)
      .frame(measurer: context.measurer, style: context.style)
  }
}
