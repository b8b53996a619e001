import ExperimentFile
import Images
import Support

/// The ways in which a network may be fed that are tried on clean images, where labels say which answer is right.
struct InputChoice {
  struct Candidate {
    /// "torchvision"; "published" for what an architecture has of itself.
    let name: String
    /// The mapping for `input`; nil for an architecture's own.
    let input: String?
  }

  /// The likeliest first.
  let candidates: [Candidate]

  init(_ model: FoundModel) {
    var found: [Candidate] = []
    var seen: Set<String> = []
    if let architecture = model.architecture {
      found.append(Candidate(name: "published", input: nil))
      seen.insert(Self.meaning(architecture.normalisation(.standard), size: 0))
    }
    // For grey nothing is usual but the pixels as they are.
    let all = Preprocessing.all.all
    for preprocessing in model.channels == 1 ? all.filter({ $0.key == "unit" }) + all : all {
      guard let normalisation = preprocessing.normalisation(channels: model.channels) else { continue }
      let size = model.size ?? preprocessing.size
      guard seen.insert(Self.meaning(normalisation, size: model.architecture == nil ? size : 0)).inserted,
        var text = preprocessing.written(size: size, channels: model.channels)
      else { continue }
      // An architecture's size is its own.
      if model.architecture != nil { text = text.replacing("size: \(size), ", with: "") }
      found.append(Candidate(name: preprocessing.key, input: text))
    }
    candidates = found
  }

  /// What a normalisation does, whatever units it is written in.
  private static func meaning(_ normalisation: Normalisation, size: Int) -> String {
    func shares(_ values: [Double]) -> [Double] { values.map { ($0 / normalisation.range * 1e4).rounded() } }
    return "\(shares(normalisation.mean)) \(shares(normalisation.standardDeviation)) \(normalisation.channels) \(size)"
  }

  /// The one with the most right answers, the likelier of equals, and a sentence about it.
  /// - Parameter correct: of each candidate, on `count` images.
  func best(_ correct: [Int], of count: Int, called name: String) -> (candidate: Candidate, remark: String) {
    let order = correct.indices.sorted { (correct[$1], $0) < (correct[$0], $1) }
    let best = candidates[order[0]]
    let own = "\(correct[order[0]]) of \(Console.count(count, "clean image"))"
    guard correct[order[0]] > count / 4 else {
      return (
        candidates[0],
        "\(name): of \(candidates.count) usual inputs none has more than \(own) named right. `\(candidates[0].name)` is written: "
          + "look at it, and at the labels."
      )
    }
    let next = order.dropFirst().first.map { "; the next, `\(candidates[$0].name)`, has \(correct[$0])" } ?? ""
    return (best, "\(name): fed as `\(best.name)`, by which \(own) are named right\(next).")
  }
}
