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
    var value = root
    var path: [String] = []
    // A checkpoint in a checkpoint is seen in the wild; a longer chain would be a pickle that holds itself.
    for _ in 0..<4 {
      guard case .object(let index) = value, case .dictionary(let dictionary) = pickle.heap[index] else {
        throw .usage(
          at: Place(file: pickle.file),
          "expected a dictionary of tensors, found \(pickle.describe(value))"
            + (path.isEmpty ? "" : " under `\(path.joined(separator: "/"))`"),
          remedy: PickleInterpreter.saveWeightsAlone)
      }
      var entries: [String: PickleValue] = [:]
      var names: [String] = []
      for (key, value) in pickle.dictionaries[dictionary] {
        // Counters of training have numbers for keys.
        guard case .text(let span) = key else { continue }
        let name = try pickle.text(span)
        if entries.updateValue(value, forKey: name) == nil { names.append(name) }
      }
      func holdsDictionary(_ key: String) -> Bool {
        guard case .object(let index)? = entries[key], case .dictionary = pickle.heap[index] else { return false }
        return true
      }
      if let key = Self.keys.first(where: holdsDictionary), let nested = entries[key] {
        value = nested
        path.append(key)
        continue
      }
      var tensors: [(name: String, value: PickleObject)] = []
      for name in names {
        guard case .object(let index)? = entries[name] else { continue }
        switch pickle.heap[index] {
        case .tensor, .array(.some): tensors.append((name, pickle.heap[index]))
        default: break
        }
      }
      guard !tensors.isEmpty else {
        let listed = names.prefix(12).map { "`\(printable($0))`" }.joined(separator: ", ")
        throw .usage(
          at: Place(file: pickle.file),
          "there are no tensors in the dictionary; its keys are: " + (listed.isEmpty ? "none" : listed),
          remedy: "A state dict may stand by itself or under "
            + Self.keys.map { "`\($0)`" }.joined(separator: ", ") + ". \(PickleInterpreter.saveWeightsAlone)")
      }
      self.tensors = tensors
      self.path = path
      return
    }
    throw .usage(
      at: Place(file: pickle.file), "dictionaries are nested more than 4 deep before any tensor",
      remedy: PickleInterpreter.saveWeightsAlone)
  }
}
