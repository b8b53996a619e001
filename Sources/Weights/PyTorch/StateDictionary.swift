import Support
import Tensors

/// One of the dictionaries with tensors that a pickle holds: the state dict itself, or one of those of a checkpoint.
struct StateDictionary {
  /// By the names that the file has, in its order. Values that are known to be tensors, `OpaqueValue`s among them.
  let tensors: [(name: String, value: PickleObject)]
  /// The keys that lead to it: `state_dict`.
  let path: [String]

  /// Keys under which training code puts the state dict, the likeliest first: what is under one of them is taken where
  /// nobody says another.
  static let keys = ["state_dict", "model_state_dict", "model", "net"]

  /// How many keys may lead to a dictionary: a checkpoint in a checkpoint is seen in the wild, a longer chain is not.
  static let depthLimit = 3

  /// Every dictionary of tensors, those with fewer keys first.
  /// - Parameter preferred: its place among them, which is taken where nobody says another: what is under one of `keys`
  ///   comes before what stands beside it; nil where there are several and none is under such a key.
  static func all(
    _ root: PickleValue, _ pickle: PickleInterpreter
  ) throws(Problem) -> (found: [StateDictionary], preferred: Int?) {
    guard case .object(let index) = root, case .dictionary(let dictionary) = pickle.heap[index] else {
      throw noDictionary(root, pickle)
    }
    var search = Search(pickle: pickle)
    try search.look(into: dictionary)
    guard !search.found.isEmpty else { throw noTensors(dictionary, search, pickle) }
    let preferred = search.preferred(from: dictionary) ?? (search.found.count == 1 ? search.found[0].path : nil)
    return (search.found, preferred.flatMap { path in search.found.firstIndex { $0.path == path } })
  }

  private struct Search {
    let pickle: PickleInterpreter
    var found: [StateDictionary] = []
    /// By the number of a dictionary: those in it, by key, each where it was met first.
    private var nested: [Int: [(key: String, dictionary: Int)]] = [:]
    /// Those with tensors, and the keys that lead there.
    private var paths: [Int: [String]] = [:]
    /// A pickle's dictionaries can hold each other; none is looked at twice.
    private var visited: Set<Int> = []

    init(pickle: PickleInterpreter) { self.pickle = pickle }

    mutating func look(into root: Int) throws(Problem) {
      var level: [(dictionary: Int, path: [String])] = [(root, [])]
      visited.insert(root)
      for depth in 0...StateDictionary.depthLimit {
        var next: [(dictionary: Int, path: [String])] = []
        for (dictionary, path) in level {
          var tensors: [(name: String, value: PickleObject)] = []
          for entry in try StateDictionary.entries(dictionary, pickle) {
            guard case .object(let index) = entry.value else { continue }
            switch pickle.heap[index] {
            case .tensor, .array(.some): tensors.append((entry.name, pickle.heap[index]))
            case .opaque(let value) where value.isTensor: tensors.append((entry.name, pickle.heap[index]))
            case .dictionary(let other) where depth < StateDictionary.depthLimit:
              guard visited.insert(other).inserted else { continue }
              nested[dictionary, default: []].append((entry.name, other))
              next.append((other, path + [entry.name]))
            default: break
            }
          }
          guard !tensors.isEmpty else { continue }
          found.append(StateDictionary(tensors: tensors, path: path))
          paths[dictionary] = path
        }
        level = next
      }
      // NumPy's numbers among a checkpoint's counters are no weights, unless nothing else is there.
      let weights = found.filter { $0.tensors.contains { !$0.value.isNumber } }
      guard !weights.isEmpty else { return }
      found = weights
      let kept = Set(weights.map(\.path))
      paths = paths.filter { kept.contains($0.value) }
    }

    func preferred(from dictionary: Int) -> [String]? {
      for key in StateDictionary.keys {
        guard let other = nested[dictionary]?.first(where: { $0.key == key }) else { continue }
        if let path = preferred(from: other.dictionary) { return path }
      }
      return paths[dictionary]
    }
  }

  private static func noDictionary(_ root: PickleValue, _ pickle: PickleInterpreter) -> Problem {
    // What a global would make in place of the dictionary: a network saved whole, or somebody's command.
    if case .object(let index) = root, case .opaque(let value) = pickle.heap[index],
      case .global(let name) = value.origin
    {
      return .usage(
        at: Place(file: pickle.file, byte: value.byte),
        "the pickle asks for `\(printable(name))`, which no tensor needs: refused, nothing was run",
        remedy: PickleInterpreter.saveWeightsAlone + (isClass(name) ? " " + ExportAdvice.wholeNetwork : ""))
    }
    return .usage(
      at: Place(file: pickle.file), "expected a dictionary of tensors, found \(pickle.describe(root))",
      remedy: PickleInterpreter.saveWeightsAlone)
  }

  /// By the convention of Python: a network saved whole begins with its class.
  private static func isClass(_ name: String) -> Bool {
    name.split(separator: ".").last?.first?.isUppercase ?? false
  }

  private static func noTensors(_ dictionary: Int, _ search: Search, _ pickle: PickleInterpreter) -> Problem {
    let entries = (try? entries(dictionary, pickle)) ?? []
    let others = pickle.dictionaries[dictionary].count - entries.count
    let listed = entries.prefix(12).map { entry in
      guard case .object(let index) = entry.value, case .opaque(let value) = pickle.heap[index] else {
        return "`\(printable(entry.name))`"
      }
      return "`\(printable(entry.name))` (\(value.description), which was not run)"
    }.joined(separator: ", ")
    return .usage(
      at: Place(file: pickle.file),
      "there are no tensors in the dictionary; its keys are: "
        + (listed.isEmpty ? others > 0 ? "no texts" : "none" : listed)
        + (entries.count > 12 ? ", and \(entries.count - 12) more" : ""),
      remedy: "A state dict may stand by itself or under up to \(depthLimit) keys, as `state_dict`. "
        + PickleInterpreter.saveWeightsAlone)
  }

  /// Those with a text for a key; counters of training have numbers. The last entry of a key holds, in the first one's
  /// place, as in Python.
  private static func entries(
    _ dictionary: Int, _ pickle: PickleInterpreter
  ) throws(Problem) -> [(name: String, value: PickleValue)] {
    var entries: [(name: String, value: PickleValue)] = []
    var indices: [String: Int] = [:]
    for (key, value) in pickle.dictionaries[dictionary] {
      guard case .text(let span) = key else { continue }
      let name = try pickle.text(span)
      if let index = indices[name] {
        entries[index].value = value
      } else {
        indices[name] = entries.count
        entries.append((name, value))
      }
    }
    return entries
  }
}
