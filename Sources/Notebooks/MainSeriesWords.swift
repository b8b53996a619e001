import Results

extension ReportData {
  /// Of the series that stand for the models in prose: "each image's own prediction at `features.29` of VGG16 and ...", and by
  /// which attack, explanation and measure, where there are several.
  var explained: String {
    guard let first = mains.first else { return explainedPlace }
    let several = [
      results.attacks.count > 1 ? results.attackTitle(first.attack) : nil,
      results.explanations.count > 1 ? results.explanationTitle(first.explanation) : nil,
      results.measures.count > 1 ? results.measureTitle(first.measure) : nil,
    ].compactMap { $0 }
    return explainedPlace + (several.isEmpty ? "" : ", by \(Values.list(several))")
  }

  /// In a sentence that leaves the names of many layers to the methods.
  var basis: String {
    guard let first = mains.first else { return "" }
    let several = [
      results.attacks.count > 1 ? results.attackTitle(first.attack) : nil,
      results.explanations.count > 1 ? results.explanationTitle(first.explanation) : nil,
      results.measures.count > 1 ? results.measureTitle(first.measure) : nil,
    ].compactMap { $0 }
    let place = mainPlace
    return several.isEmpty
      ? "Numbers explain \(explainedClass(first.target)) at \(place)."
      : "Unless stated otherwise, numbers are by \(Values.list(several)), and explain \(explainedClass(first.target)) at \(place)."
  }

  /// Where the numbers of the text are explained.
  var mainPlace: String {
    let layers = Set(mains.map(\.layer))
    return layers.count == 1 ? "the layer \(layers.first ?? "")" : "the deepest explained layer of each network"
  }

  func explainedClass(_ target: ExplanationTarget) -> String {
    switch target {
    case .predicted: "each image’s own prediction"
    case .label: "the true class"
    case .cleanPrediction: "the class predicted on the clean image"
    }
  }

  /// The class and the layers alone.
  var explainedPlace: String {
    guard let first = mains.first else { return "nothing" }
    let target = explainedClass(first.target)
    var layers: [(layer: String, models: [String])] = []
    for main in mains {
      if let index = layers.firstIndex(where: { $0.layer == main.layer }) {
        layers[index].models.append(main.model.name)
      } else {
        layers.append((main.layer, [main.model.name]))
      }
    }
    // One name for the layers of many networks says more than each of theirs.
    let places =
      layers.count == 1
      ? "the layer \(layers[0].layer)"
      : "the layers " + Values.list(layers.map { "\($0.layer) (\(Values.list($0.models)))" })
    return "\(target) at \(places)"
  }
}
