/// How much a model may ask for before a weight of it is read: so much more than networks have that none is refused, and so
/// little that a file of some megabytes cannot take gigabytes of memory.
public struct ModelLimits: Sendable, Hashable {
  /// Of the graph.
  public var nodes = 100_000
  /// Of one node: a Concat of DenseNet-121 has 25.
  public var inputsOfNode = 4_096
  /// Of one node.
  public var attributesOfNode = 256
  /// Of an initialiser, a constant, an input or an output.
  public var rank = 32
  /// UTF-8 bytes of one name.
  public var nameBytes = 4_096
  /// UTF-8 bytes of an attribute that is a text, or of a line of metadata.
  public var textBytes = 1 << 20
  /// UTF-8 bytes of all names and texts together.
  public var allTextBytes = 64 << 20
  /// Nodes, names, attributes, their numbers, dimensions and lines of metadata, counted together.
  public var items = 2_000_000
  /// Files of external data: each is open as long as the model is in use.
  public var externalFiles = 500

  /// Those of all readers but tests.
  public init() {}
}
