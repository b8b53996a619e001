import Architectures
import Images
import Networks
import Support

/// The keys of an `input` mapping: at the top of the file they hold for every model, in a model for that one.
struct InputKeys {
  /// Three numbers, which are checked when it is known in which units they are.
  struct ChannelValues {
    var items: [YAMLValue]
    var name: String

    func numbers(in range: String, where isAllowed: (Double) -> Bool) throws(Problem) -> [Double] {
      var numbers: [Double] = []
      for item in items {
        do throws(Problem) {
          numbers.append(try item.number(name, in: range, where: isAllowed))
        } catch {
          var problem = error
          if range.hasSuffix(" 1]"), let number = try? item.number(name), number > 1, number <= 255 {
            problem.remedy = "Numbers for pixels of 0 to 255 need `range: 255` beside them."
          }
          throw problem
        }
      }
      return numbers
    }
  }

  enum PixelRange: String, CaseIterable {
    case one = "1"
    case twoHundredFiftyFive = "255"
    var value: Int { self == .one ? 1 : 255 }
  }

  var size: Int?
  var mean: ChannelValues?
  var standardDeviation: ChannelValues?
  var channels: ChannelOrder?
  var range: PixelRange?
  var fit: InputOptions.Fit?
  var resize: (value: Int, place: Place, name: String)?
  var orientation: OrientationUse?

  init() {}

  init(_ value: YAMLValue, path: String) throws(Problem) {
    let keys = try MappingReader(
      value, path: path, known: ["size", "mean", "std", "channels", "range", "fit", "resize", "orientation"])
    // Below 32 pixels no network leaves a map; 4,096 bounds the memory that a file can ask for.
    size = try keys.read("size", default: nil) { value, name throws(Problem) in
      try value.integer(name, in: 32...4096)
    }
    mean = try keys.read("mean", default: nil) { value, name throws(Problem) in
      try InputKeys.channelValues(value, name)
    }
    standardDeviation = try keys.read("std", default: nil) { value, name throws(Problem) in
      try InputKeys.channelValues(value, name)
    }
    channels = try keys.read("channels", default: nil) { value, name throws(Problem) in
      try value.choice(name, of: ChannelOrder.self)
    }
    range = try keys.read("range", default: nil) { value, name throws(Problem) in
      try value.choice(name, of: PixelRange.self)
    }
    fit = try keys.read("fit", default: nil) { value, name throws(Problem) in
      try value.choice(name, of: InputOptions.Fit.self)
    }
    orientation = try keys.read("orientation", default: nil) { value, name throws(Problem) in
      try value.choice(name, of: OrientationUse.self)
    }
    if let value = keys.optional("resize") {
      let name = keys.name("resize")
      resize = (try value.integer(name, in: 32...8192), value.place, name)
    }
  }

  private static func channelValues(_ value: YAMLValue, _ name: String) throws(Problem) -> ChannelValues {
    let items = try value.list(name)
    guard items.count == 3 else {
      throw .usage(
        at: value.place,
        "`\(name)` must list 3 numbers (one a channel, in the order of `channels`), found \(items.count)",
        remedy: "They are in units of [0, `range`], for example `[0.485, 0.456, 0.406]` where that is 1.")
    }
    for item in items { _ = try item.number(name) }
    return ChannelValues(items: items, name: name)
  }

  func overridden(by other: InputKeys) -> InputKeys {
    var keys = self
    keys.size = other.size ?? size
    keys.mean = other.mean ?? mean
    keys.standardDeviation = other.standardDeviation ?? standardDeviation
    keys.channels = other.channels ?? channels
    keys.range = other.range ?? range
    keys.fit = other.fit ?? fit
    keys.resize = other.resize ?? resize
    keys.orientation = other.orientation ?? orientation
    return keys
  }

  func apply(to input: inout InputOptions) throws(Problem) {
    if let size {
      // The published margin around the centre, at another size.
      input.resize = Int((Double(input.resize) * Double(size) / Double(input.size)).rounded())
      input.size = size
    }
    // What the file does not say is as published, written in the order and the units that it does say.
    let range = range?.value ?? input.range
    var normalisation = input.normalisation.written(channels: channels ?? input.channels, range: Double(range))
    let limit = Double(range)
    if let mean {
      normalisation.mean = try mean.numbers(in: "[0, \(range)]") { $0 >= 0 && $0 <= limit }
    }
    if let standardDeviation {
      normalisation.standardDeviation = try standardDeviation.numbers(in: "(0, \(range)]") { $0 > 0 && $0 <= limit }
    }
    input.mean = normalisation.mean
    input.standardDeviation = normalisation.standardDeviation
    input.channels = normalisation.channels
    input.range = range
    input.fit = fit ?? input.fit
    input.orientation = orientation ?? input.orientation
    if let resize {
      guard resize.value >= input.size else {
        throw .usage(
          at: resize.place, "`\(resize.name)` must be at least the input size \(input.size), found `\(resize.value)`")
      }
      input.resize = resize.value
    }
  }
}
