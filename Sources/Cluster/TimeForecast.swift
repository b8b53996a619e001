/// How long a shard will take, from what an image of each model took.
public struct TimeForecast: Sendable, Equatable {
  /// What was measured of a model.
  public struct Model: Sendable, Equatable {
    /// As the report calls it.
    public var name: String
    /// Seconds until its weights are ready.
    public var loading: Double
    /// Seconds of one thread for an image, with all its levels.
    public var image: Double

    public init(name: String, loading: Double, image: Double) {
      self.name = name
      self.loading = loading
      self.image = image
    }
  }

  /// In the experiment's order.
  public var models: [Model]
  /// Of the whole experiment.
  public var images: Int
  /// How many.
  public var shards: Int
  /// Of each shard.
  public var processors: Int

  /// Fewer than one shard or processor count as one.
  public init(models: [Model], images: Int, shards: Int, processors: Int) {
    self.models = models
    self.images = images
    self.shards = max(1, shards)
    self.processors = max(1, processors)
  }

  /// Of the largest shard, as far as chance makes one large: hashes spread images like throws of a die, and three standard
  /// deviations above the mean are seldom passed.
  public var mostImages: Int {
    let mean = Double(images) / Double(shards)
    return min(images, Int((mean + 3 * mean.squareRoot()).rounded(.up)))
  }

  /// Seconds of a shard of that size.
  public var seconds: Double {
    models.reduce(0) { $0 + $1.loading + $1.image * Double(mostImages) / Double(processors) }
  }

  /// Seconds to ask for: half as much again, since nodes differ and processors of one share its memory, ten minutes for
  /// looking at the data, in whole quarters of an hour.
  public var limit: Int {
    let wanted = min(1.5 * seconds + 600, 365 * 86_400)
    return Int((wanted / 900).rounded(.up)) * 900
  }

  /// As Slurm writes it: "1:30:00", "2-01:15:00"
  public static func slurm(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (days, rest) = (seconds / 86_400, seconds % 86_400)
    let time = "\(two(rest / 60 % 60)):\(two(rest % 60))"
    return days > 0 ? "\(days)-\(two(rest / 3600)):\(time)" : "\(rest / 3600):\(time)"
  }

  /// Reads what Slurm takes: "90" (minutes), "90:00", "1:30:00", "2-1", "2-1:15", "2-01:15:00".
  /// - Returns: seconds; nil for anything else, and for none.
  public static func seconds(slurm text: String) -> Int? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    var numbers: [Int] = []
    for word in parts[parts.count - 1].split(separator: ":", omittingEmptySubsequences: false) {
      guard !word.isEmpty, word.utf8.count < 7, word.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(word)
      else { return nil }
      numbers.append(number)
    }
    let seconds: Int
    if parts.count == 2 {
      guard parts[0].utf8.count < 5, let days = Int(parts[0]), days >= 0, parts[0].first != "+", numbers.count <= 3
      else { return nil }
      seconds = days * 86_400 + zip(numbers, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
    } else {
      guard numbers.count <= 3 else { return nil }
      let units = numbers.count == 3 ? [3600, 60, 1] : [60, 1]
      seconds = zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return seconds > 0 ? seconds : nil
  }
}
