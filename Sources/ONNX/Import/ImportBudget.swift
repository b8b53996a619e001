import Support
import Tensors

/// How much memory the constants of a model may take that have to be computed of others: a file of some hundred bytes may
/// ask for terabytes (an Expand, a ConstantOfShape).
struct ImportBudget {
  /// Elements that may still be made.
  private(set) var left: Int
  let most: Int

  init(_ most: Int) {
    self.most = most
    left = most
  }

  /// To be asked before anything of this size is made, be it the list of places that its elements come from.
  /// - Throws: `Problem` that names the node.
  mutating func spend(_ shape: [Int], by node: ModelNode) throws(Problem) {
    guard let count = ModelTensor.count(of: shape), count <= left else {
      throw .usage(
        at: node.place,
        "\(node.title) asks for a constant of \(Shape(shape)) elements, expected at most "
          + "\(most) in all constants that have to be computed",
        remedy: "The file is damaged, or made to do harm; or fold its constants first: onnxsim.")
    }
    left -= count
  }
}
