import Diagnostics

/// The keys of an `input` mapping: at the top of the file they hold for every model, in a model for that one.
struct InputKeys {
  var size: Int?
  var mean: [Double]?
  var standardDeviation: [Double]?
  var fit: InputOptions.Fit?
  var resize: (value: Int, place: Place, name: String)?

  init() {}

  init(_ value: YAMLValue, path: String) throws(Problem) {
    let keys = try MappingReader(value, path: path, known: ["size", "mean", "std", "fit", "resize"])
    // Below 32 pixels no network leaves a map; 4,096 bounds the memory that a file can ask for.
    size = try keys.read("size", default: nil) { value, name throws(Problem) in
      try value.integer(name, in: 32...4096)
    }
    mean = try keys.read("mean", default: nil) { value, name throws(Problem) in
      try InputKeys.channels(value, name, range: "[0, 1]") { $0 >= 0 && $0 <= 1 }
    }
    standardDeviation = try keys.read("std", default: nil) { value, name throws(Problem) in
      try InputKeys.channels(value, name, range: "(0, 1]") { $0 > 0 && $0 <= 1 }
    }
    fit = try keys.read("fit", default: nil) { value, name throws(Problem) in
      try value.choice(name, of: InputOptions.Fit.self)
    }
    if let value = keys.optional("resize") {
      let name = keys.name("resize")
      resize = (try value.integer(name, in: 32...8192), value.place, name)
    }
  }

  private static func channels(
    _ value: YAMLValue, _ name: String, range: String, where isAllowed: (Double) -> Bool
  ) throws(Problem) -> [Double] {
    let items = try value.list(name)
    guard items.count == 3 else {
      throw .usage(
        at: value.place, "`\(name)` must list 3 numbers (red, green, blue), found \(items.count)",
        remedy: "They are in units of the pixel range [0, 1], for example `[0.485, 0.456, 0.406]`.")
    }
    var numbers: [Double] = []
    for item in items { numbers.append(try item.number(name, in: range, where: isAllowed)) }
    return numbers
  }

  func overridden(by other: InputKeys) -> InputKeys {
    var keys = self
    keys.size = other.size ?? size
    keys.mean = other.mean ?? mean
    keys.standardDeviation = other.standardDeviation ?? standardDeviation
    keys.fit = other.fit ?? fit
    keys.resize = other.resize ?? resize
    return keys
  }

  func apply(to input: inout InputOptions) throws(Problem) {
    if let size {
      // The published margin around the centre, at another size.
      input.resize = Int((Double(input.resize) * Double(size) / Double(input.size)).rounded())
      input.size = size
    }
    input.mean = mean ?? input.mean
    input.standardDeviation = standardDeviation ?? input.standardDeviation
    input.fit = fit ?? input.fit
    if let resize {
      guard resize.value >= input.size else {
        throw .usage(
          at: resize.place, "`\(resize.name)` must be at least the input size \(input.size), found `\(resize.value)`")
      }
      input.resize = resize.value
    }
  }
}
