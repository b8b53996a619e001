/// Names, and what each is called where it is shown: its own.
public struct NameTable: Sendable {
  private var shown: [String: String] = [:]
  private var originals: [String: String] = [:]

  /// - Parameters:
  ///   - names: those that are known; what looks the same when it is shown, and is not, gets a number.
  ///   - show: how a name is shown.
  public init(_ names: [String], show: (String) -> String) {
    var taken: Set<String>?
    for name in names where shown[name] == nil {
      let first = show(name)
      guard first != name else { continue }
      let known = taken ?? Set(names)
      taken = known
      var own = first
      var count = 1
      while originals[own] != nil || known.contains(own) {
        count += 1
        own = "\(first) (\(count))"
      }
      shown[name] = own
      originals[own] = name
    }
  }

  /// Whether every name is shown as it is.
  public var isUnchanged: Bool { shown.isEmpty }

  /// How a name is shown.
  public subscript(name: String) -> String { shown[name] ?? name }

  /// The name of what is shown so.
  public func original(_ name: String) -> String { originals[name] ?? name }
}

/// What models, images and layers of results are called where they are shown.
public struct ShownNames: Sendable {
  /// Of `ModelRecord.key`.
  public let models: NameTable
  /// Of `ImageRecord.path`.
  public let images: NameTable
  /// Of `ModelRecord.layers` and `lastLayer`.
  public let layers: NameTable

  public init(models: NameTable, images: NameTable, layers: NameTable) {
    self.models = models
    self.images = images
    self.layers = layers
  }

  /// Whether every name is shown as it is.
  public var areUnchanged: Bool { models.isUnchanged && images.isUnchanged && layers.isUnchanged }
}

extension ExperimentResults {
  /// The same results with models, images and layers under other names; what was found of the rows is kept.
  /// - Parameter change: what else of a model is shown otherwise.
  public func renamed(_ names: ShownNames, _ change: (inout ModelRecord) -> Void) -> ExperimentResults {
    var copy = self
    for index in models.indices {
      var model = models[index]
      model.key = names.models[model.key]
      model.layers = model.layers.map { names.layers[$0] }
      model.lastLayer = names.layers[model.lastLayer]
      change(&model)
      copy.models[index] = model
    }
    for (index, attack) in attacks.enumerated() {
      guard let source = models.firstIndex(where: { $0.key == attack.source?.model }) else { continue }
      let name = copy.models[source].name
      copy.attacks[index].source?.name = name
    }
    copy.grids = Dictionary(
      grids.map { (names.models[$0], $1) }, uniquingKeysWith: { first, _ in first })
    if !names.areUnchanged {
      copy.rows = RenamedMeasurements(source: rows, names: names)
      copy.control = control.renamed(names.images)
      copy.images = images.map { image in
        var image = image
        image.path = names.images[image.path]
        return image
      }
    }
    copy.found = found.underOtherNames
    return copy
  }
}
