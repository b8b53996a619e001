import Graphs
import Support
import Synchronization

/// The network of the only model, prepared while its weights were still being hashed: both take as long, and where there is
/// no store yet everything will be computed.
public final class EarlyPreparation: Sendable {
  private let engine: any Engine
  private let found = Mutex<(model: String, network: any PreparedNetwork)?>(nil)

  /// - Parameter engine: that of the run.
  public init(engine: any Engine) { self.engine = engine }

  /// What goes wrong is left to whoever looks again, and says it in its place.
  /// - Returns: whether the network was prepared, all its weights being finite.
  @discardableResult
  func prepare(_ network: Network, layers: [ResolvedLayer], model: String) -> Bool {
    guard let prepared = try? engine.prepare(network, layers: layers) else { return false }
    found.withLock { $0 = (model, prepared) }
    return true
  }

  /// Hands the network over, so that its memory is free as soon as its model is measured.
  /// - Returns: nil where it is another model, other layers or another engine.
  func take(model: String, layers: [ResolvedLayer], engine: any Engine) -> (any PreparedNetwork)? {
    found.withLock { found in
      guard let (owner, network) = found, owner == model, network.layers.map(\.name) == layers.map(\.name),
        self.engine.name == engine.name, self.engine.version == engine.version
      else { return nil }
      found = nil
      return network
    }
  }
}
