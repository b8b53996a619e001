import ExperimentFile
import Images
import Results
import Support

extension ReportOptions {
  /// Leaves out what templates of one's own are called.
  mutating func hideTemplates() {
    for index in templates.indices
    where templates[index].written.contains("/") || templates[index].written.hasSuffix(".md") {
      let name = index == 0 ? "template.md" : "template-\(index + 1).md"
      templates[index] = ExperimentPath(written: name, resolved: name)
    }
  }
}

extension StoredRun {
  /// The run for a report that tells nobody's name: without authors, and with numbers in the place of the names of images, folders,
  /// classes, the experiment file, weights files, networks that are called as their files, and a template of one's own. Hashes stay,
  /// so that whoever has the files can tell that they are the same.
  public var anonymous: StoredRun { anonymous(by: Anonymity(of: self)) }

  /// - Parameter anonymity: of this run.
  public func anonymous(by anonymity: Anonymity) -> StoredRun {
    var run = self
    run.experimentFile = "experiment.yaml"
    run.experiment.report.isAnonymous = true
    run.experiment.report.authors = []
    run.name = "experiment"
    run.experiment.title = anonymity.shown(experiment.title)
    for index in run.images.indices {
      run.images[index].path = anonymity.images[images[index].path] ?? images[index].path
    }
    run.control = control?.map { anonymity.images[$0] ?? $0 }.sorted()
    func shown(_ files: [SkippedImage]) -> [SkippedImage] {
      files.map { SkippedImage(path: anonymity.images[$0.path] ?? $0.path, reason: anonymity.shown($0.reason)) }
    }
    run.skipped = shown(skipped)
    run.passedOver = passedOver.map(shown)
    run.notes = notes?.map(anonymity.shown)
    run.warnings = warnings?.map { Warning(anonymity.shown($0.message), remedy: $0.remedy.map(anonymity.shown)) }
    if let names = anonymity.classNames { run.classNames = names }
    run.hideModels(anonymity)
    run.experiment.report.hideTemplates()
    run.template = self.template.map(anonymity.template)
    run.furtherTemplates = furtherTemplates?.map(anonymity.template)
    run.overrides = run.overrides.map { argument in
      guard let override = try? Override(argument) else { return anonymity.shown(argument) }
      // A whole list of models names their files as well.
      let namesFile = override.isPath || models.contains { override.value.contains($0.weightsFile) }
      guard namesFile || override.key.hasPrefix("report.authors") else { return anonymity.shown(argument) }
      return "\(override.key)=(left out)"
    }
    return run
  }

  private mutating func hideModels(_ anonymity: Anonymity) {
    for index in models.indices {
      models[index].weightsFile = "weights-\(index + 1)"
      models[index].training = models[index].training.map(anonymity.shown)
      models[index].remarks = models[index].remarks?.map(anonymity.shown)
      if let state = models[index].weightsState {
        models[index].weightsState?.notes = state.notes.map(anonymity.shown)
      }
      experiment.models[index].training = experiment.models[index].training.map(anonymity.shown)
      if let name = anonymity.models[index] { experiment.models[index].name = name }
    }
    let former = experiment.models.map(\.key)
    experiment.models = ModelOptions.withKeys(experiment.models)
    for (index, options) in experiment.models.enumerated() {
      (models[index].name, models[index].key) = (options.name, options.key)
    }
    for (index, attack) in experiment.attacks.enumerated() {
      guard let place = former.firstIndex(where: { $0 == attack.source?.model }) else { continue }
      experiment.attacks[index].source = .init(model: models[place].key, name: models[place].name)
    }
  }
}

/// Makes pictures of a run whose report calls models and images otherwise.
public struct AnonymousPictures: PictureMaker {
  private let maker: any PictureMaker
  private let models: [String: String]
  private let images: [String: String]

  /// - Parameters:
  ///   - maker: of the run as it is.
  ///   - run: as it is.
  ///   - anonymous: as it is shown.
  public init(_ maker: any PictureMaker, of run: StoredRun, shownAs anonymous: StoredRun) {
    self.maker = maker
    models = Dictionary(
      zip(anonymous.models.map(\.key), run.models.map(\.key)), uniquingKeysWith: { first, _ in first })
    images = Dictionary(
      zip(anonymous.images.map(\.path), run.images.map(\.path)), uniquingKeysWith: { first, _ in first })
  }

  public func photograph(model: String, image: String) -> RGBImage? {
    maker.photograph(model: models[model] ?? model, image: images[image] ?? image)
  }

  public func direction(model: String, image: String, attack: Int) -> PerturbationSigns? {
    maker.direction(model: models[model] ?? model, image: images[image] ?? image, attack: attack)
  }

  public var areKept: Bool { maker.areKept }
}
