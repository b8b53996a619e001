import Attacks
import Explanations
import Measures
import Support

/// Everything a report is made of.
public struct ExperimentResults: Sendable {
  /// The experiment's.
  public var title: String
  /// The experiment's.
  public var seed: UInt64
  /// How many resamples and flips of signs intervals and tests are made of; at least 100.
  public var resamples = Resampling.standard
  /// In the experiment's order.
  public var models: [ModelRecord] { didSet { found = FoundTables() } }
  /// Those that were measured, in the order of the data.
  public var images: [ImageRecord] { didSet { found = FoundTables() } }
  /// Class index to name ("s12"); may be shorter than a model's class count.
  public var classNames: [String]
  /// What the images' labels are to the models.
  public var labels = LabelMeaning.classes { didSet { found = FoundTables() } }
  /// At least one.
  public var attacks: [AttackSetting] { didSet { found = FoundTables() } }
  /// At least one.
  public var explanations: [any Explanation] { didSet { found = FoundTables() } }
  /// In the experiment's order.
  public var targets: [ExplanationTarget] { didSet { found = FoundTables() } }
  /// At least one; the first is the one that figures and tables show where they do not say which.
  public var measures: [any Measure] { didSet { found = FoundTables() } }
  /// On which images the control was run.
  public var control = ControlImages() { didSet { found = FoundTables() } }
  /// Where not every model was measured by all of these, by `ModelRecord.key`: those that are not named were.
  public var grids: [String: ModelGrid] = [:] { didSet { found = FoundTables() } }
  /// The runs that they come from, where they are of several; nil for those of one.
  public var runs: RunOverview?
  /// What was measured; read part by part, since there may be more than fits into memory.
  public var rows: any MeasurementSource { didSet { found = FoundTables() } }
  /// What was found of the rows, once for all who ask.
  var found = FoundTables()
  /// Where each of `models` stands in the run: what was found goes by that. Nil where they stand here as there.
  package private(set) var ownPlaces: [Int]?
  /// Keeps some of that for later; nil for results that are not stored.
  public var findings: (any FindingsKeeper)?
  /// Of results that were read out of a report, which has no maps: what it says of them.
  public var carriedUnrelated: [UnrelatedRecord]?
  /// For the table of the methods section.
  public var options: [OptionRecord]
  /// What the numbers and pages depend on.
  public var provenance: [ProvenanceEntry]
  /// Images that could not be measured.
  public var skipped: [SkippedImage]
  /// What the data left out and why, in sentences.
  public var notes: [String] = []
  /// What was found before the run, and then what the results themselves show (`accuracyWarnings`).
  public var warnings: [Warning] = []
  /// Photographs, maps and logits, read where a report shows them.
  public var pictures: any PictureSource

  /// Of rows that are at hand; each other parameter is the property of its name.
  public init(
    title: String, seed: UInt64, models: [ModelRecord], images: [ImageRecord], classNames: [String],
    epsilons: [Double], attacks: [AttackSetting]? = nil, explanations: [any Explanation] = [standardExplanation.init()],
    targets: [ExplanationTarget], measures: [any Measure] = [standardMeasure.init()], measurements: [Measurement],
    options: [OptionRecord], provenance: [ProvenanceEntry], skipped: [SkippedImage], pictures: any PictureSource
  ) {
    self.title = title
    self.seed = seed
    self.models = models
    self.images = images
    self.classNames = classNames
    self.attacks = attacks ?? [AttackSetting(attack: standardAttack.init(), levels: epsilons)]
    self.explanations = explanations
    self.targets = targets
    self.measures = measures
    rows = HeldMeasurements(rows: measurements)
    self.options = options
    self.provenance = provenance
    self.skipped = skipped
    self.pictures = pictures
  }

  /// All rows in memory: for results that are known to be few. No report asks for them.
  public var measurements: [Measurement] {
    get { (try? rows.all()) ?? [] }
    set { rows = HeldMeasurements(rows: newValue) }
  }

  /// The levels of all attacks, ascending, without the control 0.
  public var epsilons: [Double] {
    attacks.count == 1 ? attacks[0].levels : Set(attacks.flatMap(\.levels)).sorted()
  }

  /// The name of a class index, or the number itself where the data have no name for it.
  public func className(_ index: Int) -> String {
    classNames.indices.contains(index) ? classNames[index] : String(index)
  }

  /// The name of a class that a model predicted; its number where the data's names are none of the models' classes.
  public func predictionName(_ index: Int) -> String {
    labels == .classes ? className(index) : String(index)
  }
}

extension ExperimentResults {
  /// Every text in the results that a report may print.
  public var names: [String] {
    [title] + models.flatMap { [$0.name, $0.key, $0.weightsFile, $0.lastLayer, $0.training ?? ""] + $0.layers }
      + classNames
      + images.map(\.path) + options.flatMap { [$0.key, $0.value] } + provenance.flatMap { [$0.name, $0.value] }
      + skipped.flatMap { [$0.path, $0.reason] } + notes + warnings.map(\.sentences)
  }
}

extension ExperimentResults {
  /// Where a model stands in the run, whatever the order in which models are shown.
  /// - Parameter index: into `models`.
  func ownPlace(of index: Int) -> Int { ownPlaces?[index] ?? index }

  /// Shows models in the order of a rank, those of one as they stood; what was found of the run stays theirs.
  package mutating func arrangeModels(by rank: (ModelRecord) -> Int) {
    let order = Array(models.indices).stablySorted { rank(models[$0]) }
    (ownPlaces, models) = (order.map(ownPlace), order.map { models[$0] })
  }
}
