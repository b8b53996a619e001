import Figures
import Results
import Support
import Typesetting

extension CellDefinition {
  static let sampleCard = CellDefinition(
    name: "sample-card",
    help:
      "One image in depth: attacked photographs, perturbations and heatmaps at every level, the highest logits before "
      + "and after.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [
      CellOptionDefinition(
        "sample", .choice(["greatest", "median", "least"]), standard: "greatest",
        "Which image: the one with the greatest, the median or the least drift at the strongest attack."),
      .image,
      CellOptionDefinition(
        "amplify", .integer(1...100), standard: "10", "How many times greater the perturbation is shown."),
    ] + CellOptionDefinition.look,
    product: .figure, isPerSeries: true, caption: { try SampleCard($0).caption }, make: { try SampleCard($0).figures() }
  )
}

/// One image, one series.
struct SampleCard {
  private let context: CellContext
  private let summary: SeriesSummary
  private let image: ImageRecord
  private let epsilons: [Double]
  private let rule: String
  private let factor: Int

  init(_ context: CellContext) throws {
    self.context = context
    let selection = try context.selection(layers: "last")
    let results = context.data.results
    guard let summary = selection.summaries.first else { throw Problem.failure("there is no series to show") }
    self.summary = summary
    epsilons = selection.epsilons
    factor = context.options.integers["amplify"] ?? 10
    if let named = try context.options.image(in: context.data, [summary]) {
      image = named
      rule = ""
    } else {
      let order = results.driftOrder([summary])
      let wanted = context.options.texts["sample"] ?? "greatest"
      let ranked = order.ordered
      let chosen =
        wanted == "least" ? ranked.first : wanted == "median" ? ranked[safe: (ranked.count - 1) / 2] : ranked.last
      guard let image = chosen ?? order.unordered.first else {
        throw Problem.failure(
          "\(context.data.naming.label(summary)) has no measurements at the strongest attack level")
      }
      self.image = image
      let level = "ε = \(results.epsilons.last.map(Numbers.epsilon) ?? "–")"
      rule =
        chosen == nil
        ? ", the first of the images: none has a place in an order of drift, since at \(level) a map of each is dead or the "
          + "attack changed nothing"
        : ", the image with the \(wanted) drift (NISSIM) at \(level)" + order.leftOutOfChoice
    }
  }

  var caption: String {
    let last = epsilons.last.map(Numbers.epsilon) ?? "–"
    return
      "\(summary.model.name) on \(image.path) (\(context.data.results.className(image.label)))\(rule). From above: the image "
      + "that the network sees, with the predicted identity, red, italic and crossed where it is wrong; the perturbation "
      + "x′ − x, \(factor) times greater and around middle grey, cut off at black and white; Grad-CAM at \(summary.layer) "
      + "(explained class: \(summary.target.rawValue)), each map scaled to its own maximum, with NISSIM against the clean "
      + "map. Below: the \(ClassScores.count) highest logits of the clean image and at ε = \(last). Dark bar and bold: the "
      + "true class. Black line: the logit of the same class on the other of the two images."
      + (hasDeadMap ? " Hatched: dead maps, without any positive value." : "")
  }

  private var measured: [Measurement] {
    HeatmapTiles(context, epsilons: epsilons, pictures: nil).measured(summary, image)
  }

  private var hasDeadMap: Bool {
    let rows = measured
    return !((rows.first?.cleanPeak ?? 1) > 0)
      || rows.contains { epsilons.contains($0.epsilon) && !($0.adversarialPeak > 0) }
  }

  func figures() throws -> [CellContent] {
    let results = context.data.results
    let model = summary.model.key
    guard let strongest = epsilons.last,
      let clean = try results.pictures.scores(model: model, image: image.path, attack: summary.attack, epsilon: 0),
      let attacked = try results.pictures.scores(
        model: model, image: image.path, attack: summary.attack, epsilon: strongest)
    else { throw Problem.notStored("the logits were") }
    guard try results.pictures.perturbation(model: model, image: image.path, attack: summary.attack) != nil else {
      throw Problem.notStored("the direction of the attack was")
    }
    let pictures = HeatmapPictures(look: context.options.look(columns: epsilons.count + 1, width: context.pictureWidth))
    let tiles = HeatmapTiles(context, epsilons: epsilons, pictures: pictures)
    let rows = measured
    let bars = LogitBars(
      panels: [
        LogitPanel(head: .words("clean"), bars: self.bars(clean, against: attacked)),
        LogitPanel(head: .epsilon(strongest), bars: self.bars(attacked, against: clean)),
      ], width: context.width
    ).frame(measurer: context.measurer, style: context.style)
    let gap = 12.0
    let grid = HeatmapGrid(
      columns: [.words("clean")] + epsilons.map(HeatmapColumn.epsilon),
      rows: [
        try tiles.memo.row("images") { try tiles.images(summary, image, measured: rows) },
        try tiles.memo.row("perturbations") {
          try tiles.perturbations(summary, image, times: Double(factor))
        },
        try tiles.memo.row("maps") {
          try tiles.maps(summary, image, measured: rows, rawScale: nil, namesPrediction: false)
        },
      ], colourBar: nil, width: context.width, maximumHeight: context.maximumHeight - bars.size.height - gap,
      rowLabels: ["image", "perturbation × \(factor)", "heatmap"]
    ).frame(measurer: context.measurer, style: context.style)
    let frame = Frame(
      size: Size(width: context.width, height: grid.size.height + gap + bars.size.height),
      items: grid.items + [.group(bars.items, offset: Point(0, grid.size.height + gap), clip: nil)])
    return [.figure(frame, alternative: alternative(clean, attacked, strongest))]
  }

  private func bars(_ scores: ClassScores, against other: ClassScores) -> [LogitBar] {
    scores.highest.map { score in
      LogitBar(
        identity: context.data.results.className(score.label), isTrue: score.label == image.label,
        logit: Double(score.logit), probability: score.probability, other: other[score.label].map { Double($0.logit) })
    }
  }

  private func alternative(_ clean: ClassScores, _ attacked: ClassScores, _ epsilon: Double) -> String {
    func first(_ scores: ClassScores) -> String {
      scores.highest.first.map { "\(context.data.results.className($0.label)) with \(Numbers.percent($0.probability))" }
        ?? "nothing"
    }
    return "\(image.path) at \(epsilons.count) attack levels: photographs, perturbations and heatmaps. Predicted is "
      + "\(first(clean)) when it is clean, \(first(attacked)) at epsilon \(Numbers.epsilon(epsilon))."
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
