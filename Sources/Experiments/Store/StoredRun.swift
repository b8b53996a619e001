import Results
import Support

/// Everything about a finished run that its report needs and its measurements do not say, so that a report can be
/// rendered from the store alone: without experiment file, weights or images.
public struct StoredRun: Sendable, Codable, Equatable {
  /// Of the experiment file, without folders and ending.
  public var name: String
  public var experiment: Experiment
  public var experimentFile: String
  public var experimentSHA256: String
  /// `KEY=VALUE` of every `--set`; of paths the file name only.
  public var overrides: [String]
  public var models: [ModelRecord]
  /// Those that were measured.
  public var images: [ImageRecord]
  public var skipped: [SkippedImage]
  /// What the data left out and why; nil in stores from before there was such a thing.
  public var notes: [String]?
  /// What was found before the run that its reader should know; nil where there is nothing.
  public var warnings: [Warning]? = nil
  /// Files of the data that are none of its images, and why; nil where there is nothing.
  public var passedOver: [SkippedImage]? = nil
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
}

extension StoredRun {
  func keys(of index: Int) -> KeyMaker {
    KeyMaker(
      experiment: experiment, model: experiment.models[index], weightsSHA256: models[index].weightsSHA256,
      weightsState: models[index].weightsState?.chosen, engine: engine, decoders: decoders, arithmetic: arithmetic ?? 1)
  }
}
