import ExperimentFile
import Results
import Support

/// Everything about a finished run that its report needs and its measurements do not say, so that a report can be
/// rendered from the store alone: without experiment file, weights or images.
public struct StoredRun: Sendable, Codable, Equatable {
  /// Of the experiment file, without folders and ending.
  public var name: String
  /// As it was read, with what `--set` changed.
  public var experiment: Experiment
  /// Its name, without folders.
  public var experimentFile: String
  /// Of the file's bytes.
  public var experimentSHA256: String
  /// `KEY=VALUE` of every `--set`; of paths the file name only.
  public var overrides: [String]
  /// In the experiment's order.
  public var models: [ModelRecord]
  /// Those that were measured.
  public var images: [ImageRecord]
  /// Images that could not be measured, and why.
  public var skipped: [SkippedImage]
  /// What the data left out and why; nil in stores from before there was such a thing.
  public var notes: [String]?
  /// What was found before the run that its reader should know; nil where there is nothing.
  public var warnings: [Warning]? = nil
  /// Files of the data that are none of its images, and why; nil where there is nothing.
  public var passedOver: [SkippedImage]? = nil
  /// On which images the control is run; nil for all, as in records of versions that knew no other.
  public var control: [String]? = nil
  /// By class index; empty where nobody named them.
  public var classNames: [String]
  /// "oneDNN 2.6.3"
  public var engine: String
  /// Name and version of every library that had a part in the numbers.
  public var software: [ProvenanceEntry]
  /// Revision of our own arithmetic; nil in records of revision 1, which did not name it.
  public var arithmetic: Int? = KeyMaker.arithmeticRevision
  /// `DecoderRevision.current` at the time; nil where pictures were decoded as by the goldens' libraries.
  public var decoders: String? = nil
  /// The template's text, for when the template itself is not at hand.
  public var template: String?
  /// The same of further reports, in the order of `experiment.report.furtherTemplates`; nil where there are none.
  public var furtherTemplates: [String]? = nil

  /// What stands on every page, where the report is no result: that it is a preview, and of how many images.
  public var mark: String? = nil

  package init(
    name: String, experiment: Experiment, experimentFile: String, experimentSHA256: String, overrides: [String],
    models: [ModelRecord], images: [ImageRecord], skipped: [SkippedImage], notes: [String]? = nil,
    warnings: [Warning]? = nil, passedOver: [SkippedImage]? = nil, control: ControlImages = ControlImages(),
    classNames: [String], engine: String,
    software: [ProvenanceEntry], arithmetic: Int? = KeyMaker.arithmeticRevision, decoders: String? = nil,
    template: String? = nil
  ) {
    self.name = name
    self.experiment = experiment
    self.experimentFile = experimentFile
    self.experimentSHA256 = experimentSHA256
    self.overrides = overrides
    self.models = models
    self.images = images
    self.skipped = skipped
    self.notes = notes
    self.warnings = warnings
    self.passedOver = passedOver
    self.control = control.paths?.sorted()
    self.classNames = classNames
    self.engine = engine
    self.software = software
    self.arithmetic = arithmetic
    self.decoders = decoders
    self.template = template
  }
}

extension StoredRun {
  /// On which images the control is run.
  public var controlImages: ControlImages { ControlImages(paths: control.map(Set.init)) }

  package func keys(of index: Int) -> KeyMaker {
    KeyMaker(
      experiment: experiment, model: experiment.models[index], record: models[index], all: models, engine: engine,
      decoders: decoders, arithmetic: arithmetic ?? 1)
  }
}
