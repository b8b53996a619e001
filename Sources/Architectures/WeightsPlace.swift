import Graphs
import Support
import Weights

/// Where in a weights file an architecture's tensors lie: one of its dictionaries, and a prefix of the names in it.
public struct WeightsPlace: Sendable, Hashable {
  /// Of `WeightsFile.dictionaries`.
  public let dictionary: Int
  /// "backbone.", without wrappers; empty where the names begin there.
  public let prefix: String
  /// Keys and prefix with dots between them: "state_dict.student"; "." for the file's own top.
  public let name: String
  /// Whether all of its tensors' names begin with a wrapper in the file: what does not is no part of it.
  let isWrapped: Bool

  init(dictionary: Int, prefix: String, isWrapped: Bool = false, in file: WeightsFile) {
    self.dictionary = dictionary
    self.isWrapped = isWrapped
    self.prefix = prefix
    let parts = file.dictionaries[dictionary] + prefix.split(separator: ".").map(String.init)
    name = parts.isEmpty ? "." : parts.joined(separator: ".")
  }

  var parts: [Substring] { name == "." ? [] : name.split(separator: ".") }
}

/// The weights of an architecture that were found in a file, and what else the file has.
public struct PlacedWeights: Sendable {
  /// The file, narrowed to the place: names without its prefix.
  public let weights: WeightsFile
  /// Where in the file they lie.
  public let place: WeightsPlace
  /// Other places that hold weights which would fit as well, by name.
  public let others: [String]
  /// Whether it is not the one that is taken where nobody says another.
  public let isChosen: Bool

  /// What was taken and what was not, in sentences; empty where the file is the state dict and all names are the
  /// network's own.
  public var notes: [String] {
    var notes: [String] = []
    if !others.isEmpty {
      let list = others.map { "`\(printable($0))`" }.joined(separator: ", ")
      notes.append(
        "`\(printable(place.name))` was taken\(isChosen ? " (`state`)" : ""); "
          + "\(list) would fit as well" + (isChosen ? "" : ": `state: \(printable(others[0]))` would take it"))
    } else if place.name != "." {
      notes.append("`\(printable(place.name))` was taken\(isChosen ? " (`state`)" : "")")
    }
    if !weights.droppedPrefixes.isEmpty {
      let list = weights.droppedPrefixes.map { "`\(printable($0))`" }.joined(separator: " and ")
      notes.append("\(list) \(weights.droppedPrefixes.count == 1 ? "was" : "were") left off the names")
    }
    let outside = weights.outside
    if !outside.isEmpty {
      let shown = outside.prefix(6).map { "`\(printable($0))`" }.joined(separator: ", ")
      notes.append(
        "\(outside.count) tensor\(outside.count == 1 ? "" : "s") outside of it \(outside.count == 1 ? "was" : "were") "
          + "left aside: \(shown)" + (outside.count > 6 ? ", and \(outside.count - 6) more" : ""))
    }
    return notes
  }
}

extension Architecture {
  /// Finds the architecture's tensors in a file: under whatever key, behind whatever prefix.
  ///
  /// Where several places hold everything, the one under a well-known key (`state_dict`, `model_state_dict`, `model`,
  /// `net`) is taken; where that does not decide, `state` has to. Where none does, the nearest is taken, and the network
  /// will say what it lacks.
  /// - Parameters:
  ///   - state: the name of a place, or a part of it that only one has: "ema", "checkpoint.ema", "student"; nil to find
  ///     it.
  ///   - width: by which `PlacedWeights.others` must fit; nil for whatever width each seems to have.
  /// - Throws: `Problem.usage` for a state that is not there, and where several places hold everything and nothing
  ///   decides between them; both list the names.
  public func place(in file: WeightsFile, state: String? = nil, width: Double? = nil) throws(Problem) -> PlacedWeights {
    let finder = PlaceFinder(self, file)
    let place: WeightsPlace
    var isChosen = false
    if let state {
      place = try finder.place(called: state)
      isChosen = (try? finder.standard()) != place
    } else {
      place = try finder.standard()
    }
    let weights = finder.select(place)
    // Those that hold everything, with shapes that make a network; more than a few are no checkpoint of anybody's.
    let others = finder.full.filter { $0 != place }.prefix(12).filter { finder.fits($0, width: width) }
    return PlacedWeights(weights: weights, place: place, others: others.map(\.name), isChosen: isChosen)
  }
}

/// Looks through a file's names for an architecture's.
private struct PlaceFinder {
  let architecture: Architecture
  let file: WeightsFile
  /// Every place with some of the tensors, and how many of them.
  let counts: [(place: WeightsPlace, count: Int)]
  /// Those with all of them, in the file's order.
  let full: [WeightsPlace]

  init(_ architecture: Architecture, _ file: WeightsFile) {
    self.architecture = architecture
    self.file = file
    let needed = Set(architecture.requiredTensors(width: 1, classes: 1).map(\.name))
    let depth = needed.map { $0.count { $0 == "." } }.max() ?? 0
    let namings = TensorNames.all(of: architecture)
    var counts: [(place: WeightsPlace, count: Int)] = []
    for dictionary in file.dictionaries.indices {
      var found: [String: (count: Int, wrapped: Int)] = [:]
      var order: [String] = []
      for (name, isWrapped) in file.names(in: dictionary) {
        // From the whole name to its last parts: what stands before them is the prefix.
        let dots = name.indices.filter { name[$0] == "." }
        let starts = [name.startIndex] + dots.map { name.index(after: $0) }
        for start in starts.suffix(depth + 2) {
          let suffix = String(name[start...])
          guard namings.contains(where: { needed.contains($0.ownName(suffix)) }) else { continue }
          let prefix = String(name[..<start])
          if found[prefix] == nil { order.append(prefix) }
          found[prefix, default: (0, 0)].count += 1
          found[prefix, default: (0, 0)].wrapped += isWrapped ? 1 : 0
        }
      }
      for prefix in order {
        guard let (count, wrapped) = found[prefix] else { continue }
        counts.append(
          (WeightsPlace(dictionary: dictionary, prefix: prefix, isWrapped: wrapped == count, in: file), count))
      }
    }
    self.counts = counts
    full = counts.filter { $0.count >= needed.count }.map(\.place)
  }

  /// The tensors of a place, without those of other places inside it.
  func select(_ place: WeightsPlace) -> WeightsFile {
    let inner = full.filter { other in
      other != place && other.dictionary == place.dictionary && other.prefix.hasPrefix(place.prefix)
    }
    return file.selecting(
      dictionary: place.dictionary, prefix: place.prefix, isWrapped: place.isWrapped, except: inner.map(\.prefix))
  }

  func fits(_ place: WeightsPlace, width: Double?) -> Bool {
    let tensors = OwnTensors(select(place), for: architecture)
    if let width { return architecture.fit(tensors, width: width).fits }
    return ArchitectureFit.best(architecture, tensors).fits
  }

  func standard() throws(Problem) -> WeightsPlace {
    let preferred = full.filter { $0.dictionary == file.preferredDictionary }
    let pool = preferred.isEmpty ? full : preferred
    if pool.count == 1 { return pool[0] }
    guard pool.isEmpty else { throw undecided(pool) }
    return nearest(counts) ?? WeightsPlace(dictionary: file.preferredDictionary ?? 0, prefix: "", in: file)
  }

  /// That with most of the tensors; of several the preferred dictionary's, then the one with the shortest prefix.
  private func nearest(_ counts: [(place: WeightsPlace, count: Int)]) -> WeightsPlace? {
    func rank(_ entry: (place: WeightsPlace, count: Int)) -> (Int, Int, Int) {
      (entry.count, entry.place.dictionary == file.preferredDictionary ? 1 : 0, -entry.place.prefix.count)
    }
    return counts.max { rank($0) < rank($1) }?.place
  }

  func place(called state: String) throws(Problem) -> WeightsPlace {
    // Not the parts of a network, which have names of its tensors as well: `layer2.0`.
    var known = counts.filter { entry in
      !counts.contains { other in
        other.count > entry.count && other.place.dictionary == entry.place.dictionary
          && entry.place.prefix != other.place.prefix && entry.place.prefix.hasPrefix(other.place.prefix)
          && !full.contains(entry.place)
      }
    }
    for dictionary in file.dictionaries.indices {
      let top = WeightsPlace(dictionary: dictionary, prefix: "", in: file)
      if !known.contains(where: { $0.place.name == top.name }) { known.append((top, 0)) }
    }
    let said = state == "." ? [] : state.split(separator: ".")
    let plain = said.filter { !WeightsFile.wrappers.contains(String($0)) }
    for wanted in said == plain ? [said] : [said, plain] {
      let tests: [([Substring]) -> Bool] = [
        { $0 == wanted }, { $0.count > wanted.count && $0.suffix(wanted.count) == wanted[...] },
        { $0.starts(with: wanted) }, { parts in parts.indices.contains { parts[$0...].starts(with: wanted) } },
      ]
      for test in tests.prefix(wanted.isEmpty ? 1 : 4) {
        let matches = known.filter { test($0.place.parts) }
        let whole = matches.map(\.place).filter(full.contains)
        if whole.count == 1 { return whole[0] }
        guard whole.isEmpty else { throw undecided(whole, state: state) }
        // The key of a dictionary whose network lies behind a prefix in it.
        let inside = full.filter { place in matches.contains { place.parts.starts(with: $0.place.parts) } }
        if inside.count == 1 { return inside[0] }
        guard inside.isEmpty else { throw undecided(inside, state: state) }
        if let place = nearest(matches) { return place }
      }
    }
    let names = (full.isEmpty ? known.map(\.place) : full).map(\.name)
    let listed = unique(names).prefix(12).map(printable)
    throw .usage(
      at: Place(file: file.path), "there is no state `\(printable(state))` in the weights file",
      remedy: listed == ["."]
        ? "It holds one network, at its top: leave `state` out." : suggestion(for: state, among: listed))
  }

  private func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  private func undecided(_ places: [WeightsPlace], state: String? = nil) -> Problem {
    let names = unique(places.map(\.name))
    let list = names.prefix(12).map { "`\(printable($0))`" }.joined(separator: ", ")
    return .usage(
      at: Place(file: file.path),
      (state.map { "`\(printable($0))` may be several places" } ?? "several places of the weights file hold all tensors")
        + " of \(architecture.rawValue): \(list)",
      remedy:
        "Choose one: `state: \(printable(names.last ?? "."))` of the model in the experiment file, or `--state` of "
        + "`heatdrift weights`.")
  }
}
