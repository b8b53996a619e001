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
    let names = ShownNames(
      models: NameTable(models.map(\.key), show: visible), images: NameTable(images.map(\.path), show: visible),
      layers: NameTable(models.flatMap { $0.layers + [$0.lastLayer] }, show: visible))
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
    copy.runs = runs?.renamed(models: names.models, show: visible)
    copy = copy.renamed(names) { model in
      model.name = visible(model.name)
      model.weightsFile = visible(model.weightsFile)
      model.training = model.training.map(visible)
      if let maps = model.maps {
        model.maps?.producer = visible(maps.producer)
        model.maps?.software = maps.software.map { .init(name: visible($0.name), version: visible($0.version)) }
      }
    }
    if !names.areUnchanged { copy.pictures = VisiblePictures(source: pictures, names: names) }
    return copy
  }
}

/// Pictures by their printed names.
private struct VisiblePictures: PictureSource {
  let source: any PictureSource
  let names: ShownNames

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    var original = series
    original.model = names.models.original(series.model)
    original.layer = names.layers.original(series.layer)
    return try source.rawMap(of: original, image: names.images.original(image), epsilon: epsilon)
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    try source.photograph(model: names.models.original(model), image: names.images.original(image))
  }

  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    try source.perturbation(model: names.models.original(model), image: names.images.original(image), attack: attack)
  }

  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    try source.scores(
      model: names.models.original(model), image: names.images.original(image), attack: attack, epsilon: epsilon)
  }
}
