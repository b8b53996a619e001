extension ModelOptions {
  /// Gives each model a key of its own: its architecture's name where no other model shares it, otherwise, and for networks from
  /// ONNX files, its name in small letters, digits and hyphens, and a number where even that is taken.
  package static func withKeys(_ models: [ModelOptions]) -> [ModelOptions] {
    var counts: [String: Int] = [:]
    for model in models { if let name = model.architecture?.rawValue { counts[name, default: 0] += 1 } }
    var taken = Set(counts.filter { $0.value == 1 }.keys)
    return models.map { model in
      var model = model
      if let name = model.architecture?.rawValue, counts[name] == 1 { return model }
      let base = slug(model.name) ?? model.architecture?.rawValue ?? (model.comesAsMaps == true ? mapsKey : networkKey)
      var key = base
      var number = 2
      while !taken.insert(key).inserted {
        key = "\(base)-\(number)"
        number += 1
      }
      model.key = key
      return model
    }
  }

  /// "ResNet-50, ours" becomes "resnet-50-ours"; nil when nothing is left.
  private static func slug(_ name: String) -> String? {
    let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
    return words.isEmpty ? nil : words.joined(separator: "-")
  }
}
