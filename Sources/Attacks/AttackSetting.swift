/// The model of an experiment whose gradient an attack on the others takes.
public struct TransferSource: Sendable, Hashable, Codable {
  /// `ModelRecord.key`.
  public var model: String
  /// As the report calls it.
  public var name: String

  public init(model: String, name: String) {
    self.model = model
    self.name = name
  }
}

/// An attack of an experiment and the levels at which it is made.
public struct AttackSetting: Sendable {
  /// With its options.
  public var attack: any Attack
  /// Epsilons in pixel units of [0, 1], ascending, without the control 0.
  public var levels: [Double]
  /// How those levels were written that were written as a fraction other than they are printed by themselves: "8/256".
  public var fractions: [Double: String]
  /// Whose gradient is taken; nil for each model's own. For the source itself it is its own: the plain attack.
  public var source: TransferSource?

  public init(
    attack: any Attack, levels: [Double], fractions: [Double: String] = [:], source: TransferSource? = nil
  ) {
    self.attack = attack
    self.levels = levels
    self.fractions = fractions
    self.source = source
  }

  /// `Attack.key`.
  public var method: String { type(of: attack).key }

  /// As results name it: the method, or "METHOD<SOURCE" with the source's key.
  public var key: String { source.map { "\(method)<\($0.model)" } ?? method }

  /// As reports call it: "FGSM", "FGSM from ResNet50".
  public var title: String { type(of: attack).title + (source.map { " from \($0.name)" } ?? "") }

  /// The model whose gradient is taken when another one is attacked.
  /// - Parameter victim: `ModelRecord.key`.
  /// - Returns: nil where it is the model's own, or none is.
  public func source(attacking victim: String) -> String? { source?.model == victim ? nil : source?.model }
}
