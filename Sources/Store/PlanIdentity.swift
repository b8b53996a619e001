import ExperimentFile
import Results
import Support

/// What decides which numbers a run makes, but for the list of its images: every option, the weights by their hashes, the
/// versions. Shards whose identities are the same make the rows of one run.
public struct PlanIdentity: Sendable, Hashable, Codable {
  /// Sections are "option", "weights" and "version".
  public var entries: [ProvenanceEntry]

  /// - Parameters:
  ///   - models: in the experiment's order.
  ///   - engine: "oneDNN 2.6.3"
  ///   - decoders: `DecoderRevision.current` at the time.
  ///   - arithmetic: `KeyMaker.arithmeticRevision` at the time.
  public init(
    experiment: Experiment, models: [ModelRecord], engine: String, decoders: String?, arithmetic: Int?
  ) {
    // How often a report draws images anew changes no row.
    entries = experiment.withoutReport.optionRecords.filter { $0.key != "resamples" }.map {
      ProvenanceEntry(section: "option", name: $0.key, value: $0.value)
    }
    for (options, record) in zip(experiment.models, models) {
      entries.append(ProvenanceEntry(section: "weights", name: options.key, value: record.weightsSHA256))
      if let head = record.head {
        entries.append(ProvenanceEntry(section: "weights", name: "\(options.key), prototypes", value: head.sha256))
      }
      if let state = record.weightsState?.chosen {
        entries.append(ProvenanceEntry(section: "weights", name: "\(options.key), state", value: state))
      }
    }
    entries += [
      ProvenanceEntry(section: "version", name: "engine", value: engine),
      ProvenanceEntry(section: "version", name: "arithmetic revision", value: String(arithmetic ?? 1)),
      ProvenanceEntry(section: "version", name: "measurement protocol", value: String(KeyMaker.protocolVersion)),
    ]
    if let decoders {
      entries.append(ProvenanceEntry(section: "version", name: "decoders of images", value: decoders))
    }
  }

  /// Something that two plans have otherwise.
  public struct Difference: Sendable, Hashable {
    /// "option", "weights" or "version".
    public var section: String
    /// "attack.epsilons"
    public var name: String
    /// Nil where the other plan has no such thing.
    public var theirs: String?
    /// Nil where this one has none.
    public var ours: String?

    /// "option attack.epsilons is 0.01 there and 0.02 here"
    public var words: String {
      func shown(_ value: String?) -> String {
        guard let value else { return "unset" }
        // The beginning of a hash is enough to tell two apart.
        return value.count == 64 && value.allSatisfy(\.isHexDigit) ? value.prefix(12) + "…" : value
      }
      return "\(section) \(name) is \(shown(theirs)) there and \(shown(ours)) here"
    }
  }

  /// - Returns: those of this plan first, in its order, then what only the other has.
  public func differences(from other: PlanIdentity) -> [Difference] {
    struct Name: Hashable {
      var section: String
      var name: String
    }
    func values(_ entries: [ProvenanceEntry]) -> [Name: String] {
      Dictionary(
        entries.map { (Name(section: $0.section, name: $0.name), $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    let (own, their) = (values(entries), values(other.entries))
    let names =
      (entries + other.entries).map { Name(section: $0.section, name: $0.name) }
    var seen: Set<Name> = []
    return names.filter { seen.insert($0).inserted && own[$0] != their[$0] }.map {
      Difference(section: $0.section, name: $0.name, theirs: their[$0], ours: own[$0])
    }
  }
}

extension StoredRun {
  /// Of the plan that the run followed.
  public var identity: PlanIdentity {
    PlanIdentity(experiment: experiment, models: models, engine: engine, decoders: decoders, arithmetic: arithmetic)
  }
}
