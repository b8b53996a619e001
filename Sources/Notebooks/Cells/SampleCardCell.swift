import Attacks
import Figures
import Results
import Support
import Typesetting

/// One image, one series.
struct SampleCardCell: HeatmapCell {
  /// Of the images by their drift.
  enum Sample: String, Sendable, Hashable, CaseIterable { case greatest, median, least }

  static let key = "sample-card"
  static let help =
    "One image in depth: attacked photographs and heatmaps at every level, the perturbation, the highest logits before and "
    + "after."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption(
        "sample", \.sample, .choice,
        help: "Which image: the one with the greatest, the median or the least drift at the strongest attack."),
      .image(\.image),
      DeclaredOption(
        "amplify", \.amplify, .wholeNumber(in: 1...100),
        help: "How many times greater the perturbation of the strongest level is shown."),
    ] + DeclaredOption<Self>.look
  static let examples: [CellExample] = [
    .photographs("sample-card", "The image that drifts most:", "models: [resnet50]"),
    .photographs(
      "sample-card-median", "The image in the middle, its perturbation 30 times greater:",
      "models: [inception_v3]\nsample: median\namplify: 30"),
    .photographs(
      "sample-card-image", "An image chosen by its path, at two attack levels, in other colours:",
      "models: [vgg16]\nimage: s1/3.pgm\nepsilons: [0.01, 0.05]\noverlay: 0.8\ncolour-map: magma\ncontour: false"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var sample = Sample.greatest
  var image: String?
  var amplify = 10
  var look = HeatmapLook()
  var repetition: CellRepetition { .series }
  var commonParts: Set<SeriesPart> { [] }

  init() {}

  func caption(_ context: CellContext) throws -> String { try SampleCard(self, context).caption }

  func content(_ context: CellContext) throws -> [CellContent] { [try SampleCard(self, context).figure()] }
}

/// The image that was chosen, with all that the card shows of it.
private struct SampleCard {
  private let context: CellContext
  private let cell: SampleCardCell
  private let summary: SeriesSummary
  private let image: ImageRecord
  private let measured: [Measurement]
  private let epsilons: [Double]
  private let measure: String
  private let rule: String

  init(_ cell: SampleCardCell, _ context: CellContext) throws {
    self.context = context
    self.cell = cell
    let selection = try context.selection(cell)
    guard let summary = selection.summaries.first else { throw Problem.failure("there is no series to show") }
    self.summary = summary
    epsilons = selection.epsilons(of: summary)
    measure = selection.measure.title
    if let named = try context.image(cell.image, [summary]) {
      image = named
      rule = ""
    } else {
      let order = context.data.results.driftOrder([summary])
      let ranked = Array(order.ordered)
      let chosen: ImageRecord? =
        switch cell.sample {
        case .least: ranked.first
        case .median: ranked.isEmpty ? nil : ranked[(ranked.count - 1) / 2]
        case .greatest: ranked.last
        }
      guard let image = chosen ?? order.unordered.first else {
        throw Problem.failure(
          "\(context.data.naming.label(summary)) has no measurements at the strongest attack level")
      }
      self.image = image
      let level = "ε = \(order.strongest.map(context.data.printed) ?? "–")"
      rule =
        chosen == nil
        ? ", the first of the images: none has a place in an order of drift, since at \(level) a map of each is dead or the "
          + "attack changed nothing"
        : ", the image with the \(cell.sample.rawValue) drift (\(measure)) at \(level)" + order.leftOutOfChoice
    }
    measured = try context.data.rows(of: summary, image)
  }

  var caption: String {
    let last = epsilons.last.map(context.data.printed) ?? "–"
    let results = context.data.results
    return
      "\(context.data.naming.modelLabel(summary)) on \(image.path) (\(results.className(image.label)))\(rule). From above: "
      + "the image that the network sees, with \(results.labels.words.predictedName), red, italic and crossed where it is "
      + "\(results.labels.words.crossed); "
      + (hasDirection
        ? ""
        : addsPattern
          ? "attacked photographs are not shown: the file that the maps were read from has none of this image; "
          : "attacked photographs are not shown: \(results.attackTitle(summary.attack)) does not add one pattern at every "
            + "level, from which they could be drawn; ")
      + "\(results.explanationTitle(summary.explanation)) at \(summary.layer) (explained class: \(summary.target.rawValue)), "
      + "each map scaled to its own maximum, with \(measure) against the clean map. Below: "
      + (hasDirection
        ? "the perturbation x′ − x at ε = \(last)\(cell.amplify > 1 ? ", \(cell.amplify) times greater" : ""), around middle grey, cut "
          + "off at black and white\(epsilons.count > 1 ? ", the same pattern at every level" : ""); " : "")
      + "the \(ClassScores.count) highest "
      + "logits of the clean image and at ε = \(last). Dark bar and bold: \(results.labels.words.expectedClass)."
      + (hasRings ? " Ring: the logit of the same class on the other of the two images, where it is known." : "")
      + (hasDeadMap ? " Hatched: dead maps, without any positive value." : "")
      + context.photographWords([summary.model])
  }

  /// Whether any class of either image has a logit on the other: only some of them are stored.
  private var hasRings: Bool {
    func scores(_ epsilon: Double) -> ClassScores? {
      try? context.data.results.pictures.scores(
        model: summary.model.key, image: image.path, attack: summary.attack, epsilon: epsilon)
    }
    guard let last = epsilons.last, let clean = scores(0), let attacked = scores(last) else { return false }
    return clean.highest.contains { attacked[$0.label] != nil } || attacked.highest.contains { clean[$0.label] != nil }
  }

  /// Whether the attack adds one pattern at every level, and the pattern is known: of maps that were computed elsewhere it is where
  /// their files have pictures of the inputs.
  private var hasDirection: Bool { addsPattern && !lacksPictures }

  private var addsPattern: Bool { attacks[summary.attack]?.hasDirection ?? true }

  private var lacksPictures: Bool {
    guard summary.model.maps != nil else { return false }
    let pictures = context.data.results.pictures
    return (try? pictures.perturbation(model: summary.model.key, image: image.path, attack: summary.attack)) ?? nil
      == nil
  }

  private var hasDeadMap: Bool {
    !((measured.first?.cleanPeak ?? 1) > 0)
      || measured.contains { epsilons.contains($0.epsilon) && !($0.adversarialPeak > 0) }
  }

  func figure() throws -> CellContent {
    let pictures = context.data.results.pictures
    let model = summary.model.key
    guard let strongest = epsilons.last,
      let clean = try pictures.scores(model: model, image: image.path, attack: summary.attack, epsilon: 0),
      let attacked = try pictures.scores(model: model, image: image.path, attack: summary.attack, epsilon: strongest)
    else { throw Problem.notStored("the logits were") }
    if hasDirection, try pictures.perturbation(model: model, image: image.path, attack: summary.attack) == nil {
      throw Problem.notStored("the direction of the attack was")
    }
    let heatmapPictures = HeatmapPictures(look: cell.look.overlay(columns: epsilons.count + 1, width: context.width))
    let tiles = HeatmapTiles(
      context, epsilons: epsilons, pictures: heatmapPictures, showsContour: cell.look.showsContour)
    let rows = [
      try tiles.images(summary, image, measured: measured),
      try tiles.maps(summary, image, measured: measured, rawScale: nil, namesPrediction: false),
    ]
    let pattern =
      try hasDirection
      ? tiles.perturbation(summary, image, epsilon: strongest, times: Double(cell.amplify)).map {
        PicturedBars.Pattern(
          picture: $0, title: "perturbation",
          note: "ε = \(context.data.printed(strongest))" + (cell.amplify > 1 ? ", × \(cell.amplify)" : ""))
      } : nil
    let panels = [
      LogitPanel(head: .words("clean"), bars: bars(clean, against: attacked)),
      LogitPanel(head: .epsilon(strongest), bars: bars(attacked, against: clean)),
    ]
    let columns = [.words("clean")] + epsilons.map(HeatmapColumn.epsilon)
    let colourBar = try heatmapPictures.colourBar()
    let (maximumHeight, measurer, style) = (context.maximumHeight, context.measurer, context.style)
    return .plot(alternative: alternative(clean, attacked, strongest), maximumHeight: maximumHeight) { width, height in
      let bars = PicturedBars(pattern: pattern, bars: LogitBars(panels: panels, width: width), width: width)
        .frame(measurer: measurer, style: style)
      let gap = 10.0
      let grid = HeatmapGrid(
        columns: columns, rows: rows, colourBar: colourBar, width: width,
        maximumHeight: height - bars.size.height - gap, rowLabels: ["image", "heatmap"],
        contourTitle: HeatmapLook.contourTitle
      ).frame(measurer: measurer, style: style)
      return Frame(
        size: Size(width: width, height: grid.size.height + gap + bars.size.height),
        items: grid.items + [.group(bars.items, offset: Point(0, grid.size.height + gap), clip: nil)])
    }
  }

  private func bars(_ scores: ClassScores, against other: ClassScores) -> [LogitBar] {
    let results = context.data.results
    let expected = results.labels == .classes ? image.label : measured.first?.cleanPrediction
    return scores.highest.map { score in
      LogitBar(
        identity: results.predictionName(score.label), isTrue: score.label == expected,
        logit: Double(score.logit), probability: score.probability, other: other[score.label].map { Double($0.logit) })
    }
  }

  private func alternative(_ clean: ClassScores, _ attacked: ClassScores, _ epsilon: Double) -> String {
    func first(_ scores: ClassScores) -> String {
      scores.highest.first.map {
        "\(context.data.results.predictionName($0.label)) with \(Numbers.percent($0.probability))"
      }
        ?? "nothing"
    }
    return "\(image.path) clean and at epsilon \(Values.list(epsilons.map(context.data.printed))): "
      + "\(hasDirection ? "photographs, the perturbation" : "the clean photograph") and heatmaps. Predicted is "
      + "\(first(clean)) when it is clean, \(first(attacked)) at epsilon \(context.data.printed(epsilon))."
  }
}
