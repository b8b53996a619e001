import Diagnostics
import Tensors

/// The tensors that a pickle names, found in what it built: the state dict itself, or a checkpoint that holds one.
struct StateDictionary {
  /// By the names that the file has, in its order.
  let tensors: [(name: String, value: PickleObject)]
  /// The keys that lead to them: `state_dict`.
  let path: [String]

  /// Keys under which training code puts the state dict, the likeliest first.
  static let keys = ["state_dict", "model_state_dict", "model", "net"]

  init(_ root: PickleValue, _ pickle: PickleInterpreter) throws(Problem) {
    guard case .object(let index) = root, case .dictionary(let dictionary) = pickle.heap[index] else {
      throw .usage(
        at: Place(file: pickle.file), "expected a dictionary of tensors, found \(pickle.describe(root))",
        remedy: PickleInterpreter.saveWeightsAlone)
    }
    var visited: Set<Int> = []
    if let found = try Self.find(dictionary, path: [], &visited, pickle) {
      self = found
      return
    }
    let names = try Self.entries(dictionary, pickle).map(\.name)
    let listed = names.prefix(12).map { "`\(printable($0))`" }.joined(separator: ", ")
    throw .usage(
      at: Place(file: pickle.file),
      "there are no tensors in the dictionary; its keys are: " + (listed.isEmpty ? "none" : listed),
      remedy: "A state dict may stand by itself or under " + Self.keys.map { "`\($0)`" }.joined(separator: ", ")
        + ". \(PickleInterpreter.saveWeightsAlone)")
  }

  private init(tensors: [(name: String, value: PickleObject)], path: [String]) {
    self.tensors = tensors
    self.path = path
  }

  /// What is under one of `keys` comes before what stands beside it.
  /// - Parameter visited: a pickle's dictionaries can hold each other; none is looked at twice.
  private static func find(
    _ dictionary: Int, path: [String], _ visited: inout Set<Int>, _ pickle: PickleInterpreter
  ) throws(Problem) -> StateDictionary? {
    // A checkpoint in a checkpoint is seen in the wild, a longer chain is not.
    guard path.count <= 3, visited.insert(dictionary).inserted else { return nil }
    let entries = try entries(dictionary, pickle)
    for key in keys {
      guard let entry = entries.first(where: { $0.name == key }), case .object(let index) = entry.value,
        case .dictionary(let nested) = pickle.heap[index]
      else { continue }
      if let found = try find(nested, path: path + [key], &visited, pickle) { return found }
    }
    var tensors: [(name: String, value: PickleObject)] = []
    for entry in entries {
      guard case .object(let index) = entry.value else { continue }
      switch pickle.heap[index] {
      case .tensor, .array(.some): tensors.append((entry.name, pickle.heap[index]))
      default: break
      }
    }
    return tensors.isEmpty ? nil : StateDictionary(tensors: tensors, path: path)
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
