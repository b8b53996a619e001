import Architectures
import Datasets
import Figures
import Measures
import Results
import Support

/// The methods section's prose, which says of each option what its value means, and the works that it cites.
struct MethodsProse {
  let paragraphs: [[ProseRun]]
  /// In the order of their first citation; the first is number 1.
  let references: [Publication]

  /// - Parameter cites: whether works are cited by number, as beside a list of them.
  init(_ data: ReportData, cites: Bool) {
    var writer = MethodsWriter(data, cites: cites)
    paragraphs =
      (data.results.runs.flatMap(MethodsProse.runs).map { [$0] } ?? []) + [
        writer.models(), writer.attack(), writer.explanation(), writer.comparison(), writer.statistics(),
        writer.intervals(),
      ]
    references = writer.introductions.cited
  }

  /// That options which are not the same in all runs are described once; nil where there are none.
  private static func runs(_ overview: RunOverview) -> [ProseRun]? {
    // What is listed is said of each model by what it has; how it is done is said once.
    let lists = [".epsilons", "explain.methods", "explain.targets", "compare.measures"]
    let names = overview.differences.filter { $0.section == "options" }.map(\.name).filter { name in
      name.contains(".") && !name.hasPrefix("data.") && !lists.contains { name.hasSuffix($0) }
    }
    guard !names.isEmpty, let first = overview.runs.first else { return nil }
    return [
      ProseRun("Runs. ", .strong),
      ProseRun(
        "Not all runs have the same options (\(listInWords(names))). Where they differ, the next paragraphs describe the first "
          + "that has what is described, “\(first.name)” before the others; the table of options has every value."),
    ]
  }
}

/// Writes the paragraphs in their order: what one has introduced the next need not.
private struct MethodsWriter {
  let results: ExperimentResults
  let data: ReportData
  var introductions: Introductions

  init(_ data: ReportData, cites: Bool) {
    self.data = data
    results = data.results
    introductions = Introductions(cites: cites)
  }

  /// The value of the first of some keys that the experiment recorded.
  private func option(_ keys: String...) -> String? {
    keys.lazy.compactMap { key in results.options.first { $0.key == key }?.value }.first
  }

  mutating func models() -> [ProseRun] {
    let count = results.measuredImageCount
    var runs = [ProseRun("Models and images. ", .strong)]
    var descriptions: [String] = []
    for model in results.models {
      let width = model.width == 1 ? "" : ", all channel counts times \(Numbers.significant(model.width, 4))"
      let variant = option("\(model.key).variant").map { ", variant \($0)" } ?? ""
      let works = introductions.citation(Architecture(rawValue: model.architecture)?.references ?? [])
      guard model.maps == nil else {
        descriptions.append("\(model.name) (run elsewhere, input \(model.inputSize) × \(model.inputSize))")
        continue
      }
      let kind = model.architecture == ModelRecord.onnx ? "a network from an ONNX file" : model.architecture
      descriptions.append(
        "\(model.name)\(works) (\(kind)\(variant), \(Numbers.grouped(model.parameterCount)) parameters, input "
          + "\(model.inputSize) × \(model.inputSize)\(width))")
    }
    let isOne = descriptions.count == 1
    runs.append(ProseRun("The \(isOne ? "network is" : "networks are") \(Values.list(descriptions)). "))
    runs.append(
      ProseRun("\(isOne ? "It was" : "They were") measured on \(count == 1 ? "one image" : "\(count) images")"))
    if let split = option("data.split") { runs.append(ProseRun(" of the split “\(split)”")) }
    if let source = option("data.source").flatMap({ dataSources[$0] }), let title = source.title {
      runs.append(ProseRun(" of \(title)\(introductions.citation(source.references))"))
    }
    let crops = results.options.contains { $0.key.hasSuffix(".input.fit") && $0.value == "crop" }
    runs.append(
      ProseRun(
        ". Each image is \(crops ? "resized and, where an option says so, cut out in the middle" : "resized") to the network’s input (bilinear, antialiased) and scaled to [0, 1]; the normalisation "
          + "is the network’s first layer, so that gradients and ε are in pixel units of [0, 1]."))
    if let maps = results.mapsMethods { runs.append(ProseRun(" " + maps)) }
    for model in results.models {
      guard let head = model.head else { continue }
      let source =
        head.images.map {
          "the mean normalised embedding of its \($0 == 1 ? "training image" : "training images"), \(Numbers.grouped($0)) in all"
        }
        ?? "given with the network"
      runs.append(
        ProseRun(
          " \(model.name) gives an embedding; its logits are \(Numbers.significant(head.scale, 4)) times the cosines of that with one "
            + "prototype for each label, \(source). Normalisation and cosines are a part of the network, and gradients go through "
            + "them."))
    }
    let grey = results.models.filter { $0.mean.count == 1 }.map(\.name)
    if !grey.isEmpty {
      runs.append(
        ProseRun(
          " For \(Values.list(grey)) images are first made grey, by the luma of ITU-R BT.601: the grey image is what is attacked."
        ))
    }
    if results.options.contains(where: { $0.key.hasSuffix(".input.orientation") && $0.value == "ignore" }) {
      runs.append(ProseRun(" Where an option says so, the EXIF orientation of images is ignored."))
    }
    return runs
  }

  mutating func attack() -> [ProseRun] {
    var runs = [ProseRun(results.attacks.count == 1 ? "Attack. " : "Attacks. ", .strong)]
    for (index, attack) in results.attacks.enumerated() {
      if index > 0 { runs.append(ProseRun(" ")) }
      let kind = type(of: attack.attack)
      runs.append(ProseRun(introductions.name(kind.title, of: kind) + ": "))
      runs += ProseRun.withFormulas(attack.attack.methods(levels: Values.list(attack.levels.map(data.printed))))
    }
    for attack in results.attacks {
      guard let source = attack.source else { continue }
      runs.append(
        ProseRun(
          " Of \(attack.title) the gradient is that of \(source.name), which sees the attacked network’s image resized to its own input "
            + "(bilinear, antialiased) and normalised in its own way; it goes back through the resize before its sign is taken. On "
            + "\(source.name) itself it is the plain attack."))
    }
    runs.append(ProseRun(" " + data.controlWords))
    return runs
  }

  mutating func explanation() -> [ProseRun] {
    let targets = results.targets.map { target in
      switch target {
      case .predicted:
        "each image’s own highest logit, so that a clean and an attacked image may explain different classes"
      case .label: "the true class"
      case .cleanPrediction: "the class predicted on the clean image, for both images"
      }
    }
    // The names of fifty layers say less than how many there are.
    let layers = results.models.map { model in
      let names =
        model.layers.count > 8
        ? "\(model.layers.count) layers from \(model.layers.first ?? "") to \(model.layers.last ?? "")"
        : model.layers.joined(separator: ", ")
      return "\(names) of \(model.name)"
    }
    var methods: [String] = []
    for explanation in results.explanations {
      let kind = type(of: explanation)
      methods.append("\(introductions.name(kind.title, of: kind)): \(explanation.methods)")
    }
    // Clauses with commas, each of which ends as the next begins.
    let text = methods.joined(separator: "; ") + (methods.count == 1 ? "; then" : ". All maps are then")
    return [ProseRun("Explanation. ", .strong)] + ProseRun.withFormulas(text) + [
      ProseRun(
        " scaled to [0, 1], resized bilinearly to the input’s size and scaled again. Layers: "
          + "\(Values.list(layers)). Explained: \(Values.list(targets)). A map without any positive value is dead: its "
          + "heatmap is all 0. Dead maps are counted, not left out; a series with a dead map, or an attack that changed "
          + "nothing, in more than a tenth of its pairs (over all levels or at any one) is not ranked.")
    ]
  }

  /// What MOD is a mean of.
  private var measured: String {
    results.measures.count == 1 ? results.measures.map { type(of: $0).title }[0] : "the measure"
  }

  mutating func comparison() -> [ProseRun] {
    var runs = [ProseRun("Dissimilarity. ", .strong)]
    for measure in results.measures {
      let kind = type(of: measure)
      let name = introductions.name(kind.title, of: kind)
      // A name that says all of itself stands in the definition; one of words stands before it, once.
      let sides = measure.definition.split(separator: " = ", maxSplits: 1)
      let isWords = sides.count == 2 && sides[0].first?.isLowercase ?? false
      if name != kind.title || isWords { runs.append(ProseRun(name.capitalisedFirst + ": ")) }
      runs += ProseRun.formula(isWords ? String(sides[1]) : measure.definition)
      runs += ProseRun.withFormulas(" \(measure.methods) ")
    }
    let works = [Publication.adversarialExplanations]
    let mod = introductions.name("MOD", "mean observed dissimilarity", works)
    let vid = introductions.name("VID", "variation in dissimilarity", works)
    runs.append(
      ProseRun(
        "\(mod) is the mean of \(measured) over the images at one level. \(vid) is, per image, the population standard "
          + "deviation of \(measured) over the levels, averaged over the images; two other readings, of MOD over the levels and "
          + "pooled over all images and levels, are computed as well."))
    return runs
  }

  mutating func intervals() -> [ProseRun] {
    let bootstrap = introductions.citation([.bootstrap])
    let score = introductions.citation([.scoreInterval])
    let holm = introductions.citation([.severalTests])
    return [
      ProseRun("Intervals. ", .strong),
      ProseRun(
        "95%, over images: percentiles of \(Numbers.grouped(results.resamples)) bootstrap resamples\(bootstrap), seeded with "
          + "\(results.seed) and shared by all series of as many images; for \(IntervalRule.fewest) to "
          + "\(IntervalRule.percentiles - 1) images bootstrap-t intervals, for fewer none, and from "
          + "\(Numbers.grouped(IntervalRule.many)) images 1.96 standard errors to either side. Proportions: Wilson’s score "
          + "interval\(score). "
          + "Differences: paired sign-flip tests, \(Numbers.grouped(results.resamples)) flips (all of up to 13 images), p adjusted "
          + "by Holm\(holm) for all pairs of models at one level. We say that a network drifts most (least), and set it in bold, only "
          + "where it does so by MOD, by relative drift as far as that is known and, of predicted classes, over the pairs that "
          + "held, and where its difference from the next has p below 0.05. "
          + results.labels.words.successMethods),
    ]
  }

  /// What tables and figures tell beside MOD and VID.
  func statistics() -> [ProseRun] {
    let isRelative = data.summaries.contains { results.unrelatedMean(of: $0) != nil }
    let several = results.models.count > 1
    let sentences = [
      isRelative
        ? "Relative drift is MOD divided by the mean of \(measured) between clean heatmaps of images with different labels: 1 is as "
          + "far apart as unrelated maps lie." : nil,
      "A pair of a clean and an attacked image held where its predicted class is the same, and flipped where it is not.",
      "The shift of an image is how far the centre of gravity of its heatmap moves, in widths of the image; *R* is the length of the "
        + "mean direction of the shifts, 1 where all go one way, and its p comes of flipping the signs of the shifts, adjusted by "
        + "Holm for all models.",
      several
        ? "Correlations are taken within one level: Pearson’s *r* of drift and loss of confidence over the images, Spearman’s *ρ* of "
          + "two models’ drifts over the images, Kendall’s *τ* of two orders of the models."
        : "Pearson’s *r* of drift and loss of confidence is taken over the images, within one level.",
    ].compactMap { $0 }
    return [ProseRun("Statistics. ", .strong)] + ProseRun.withFormulas(sentences.joined(separator: " "))
  }
}
