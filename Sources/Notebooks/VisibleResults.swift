import Explanations
import Images
import Results
import Support

extension ExperimentResults {
  /// The same results with names that can be printed: what would act on a reader's screen, or has no form, is written out
  /// (`visible`). results.csv keeps them as they are.
  ///
  /// Names that look the same then, and were not, get a number.
  var withVisibleNames: ExperimentResults {
    let paths = VisibleNames(images.map(\.path))
    let keys = VisibleNames(models.map(\.key))
    let layers = VisibleNames(models.flatMap { $0.layers + [$0.lastLayer] })
    var copy = self
    copy.title = visible(title)
    copy.classNames = classNames.map(visible)
    copy.options = options.map { OptionRecord(key: visible($0.key), value: visible($0.value)) }
    copy.provenance = provenance.map {
      ProvenanceEntry(section: $0.section, name: visible($0.name), value: visible($0.value))
    }
    copy.skipped = skipped.map { SkippedImage(path: visible($0.path), reason: visible($0.reason)) }
    copy.notes = notes.map(visible)
    copy.warnings = warnings.map { Warning(visible($0.message), remedy: $0.remedy.map(visible)) }
    for index in models.indices {
      copy.models[index].name = visible(models[index].name)
      copy.models[index].weightsFile = visible(models[index].weightsFile)
    }
    guard !(paths.isUnchanged && keys.isUnchanged && layers.isUnchanged) else { return copy }
    for index in models.indices {
      copy.models[index].key = keys[models[index].key]
      copy.models[index].layers = models[index].layers.map { layers[$0] }
      copy.models[index].lastLayer = layers[models[index].lastLayer]
    }
    for index in images.indices { copy.images[index].path = paths[images[index].path] }
    for index in measurements.indices {
      copy.measurements[index].model = keys[measurements[index].model]
      copy.measurements[index].image = paths[measurements[index].image]
      copy.measurements[index].layer = layers[measurements[index].layer]
    }
    copy.pictures = VisiblePictures(source: pictures, paths: paths, keys: keys, layers: layers)
    return copy
  }
}

/// Names and how they are printed, each its own.
private struct VisibleNames: Sendable {
  private var shown: [String: String] = [:]
  private var originals: [String: String] = [:]

  init(_ names: [String]) {
    let taken = Set(names)
    for name in names where shown[name] == nil {
      let first = visible(name)
      guard first != name else { continue }
      var own = first
      var count = 1
      while originals[own] != nil || taken.contains(own) {
        count += 1
        own = "\(first) (\(count))"
      }
      shown[name] = own
      originals[own] = name
    }
  }

  var isUnchanged: Bool { shown.isEmpty }
  subscript(name: String) -> String { shown[name] ?? name }
  func original(_ name: String) -> String { originals[name] ?? name }
}

/// Pictures by their printed names.
private struct VisiblePictures: PictureSource {
  let source: any PictureSource
  let paths: VisibleNames
  let keys: VisibleNames
  let layers: VisibleNames

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    var original = series
    original.model = keys.original(series.model)
    original.layer = layers.original(series.layer)
    return try source.rawMap(of: original, image: paths.original(image), epsilon: epsilon)
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    try source.photograph(model: keys.original(model), image: paths.original(image))
  }

  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    try source.perturbation(model: keys.original(model), image: paths.original(image), attack: attack)
  }

  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    try source.scores(model: keys.original(model), image: paths.original(image), attack: attack, epsilon: epsilon)
  }
}
