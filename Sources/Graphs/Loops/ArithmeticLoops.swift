import CElements
import Tensors

/// Two values, element by element, one of which may stand for more elements of the other. Operands of what is not linear are
/// kept for the way back; the gradient of what stands for many elements is a sum over them in one order.
struct ArithmeticLoops: ElementLoops {
  let inputs: [ElementOrder]
  let output: ElementOrder
  private let operation: celements_arithmetic
  private let walk: ElementWalk
  private let keepsOperands: Bool

  /// - Parameters:
  ///   - inputs: in which orders they lie. In blocks is what is computed where the larger one lies so.
  ///   - output: the shape of the value.
  init(_ arithmetic: Arithmetic, _ inputs: [ElementOrder], to output: Shape) {
    let carriers = output.rank == 3 ? inputs.filter { $0.shape[0] == output[0] } : []
    let block = carriers.max { $0.shape.count < $1.shape.count }?.block ?? 1
    self.output = ElementOrder(output, block: block)
    self.inputs = inputs.map {
      ElementOrder($0.shape, block: block > 1 && $0.shape[0] == output[0] ? block : 1)
    }
    let axes = self.output.axes(besides: block)
    let strides = self.inputs.map { ElementWalk.strides($0.axes(besides: block), broadcastTo: axes) }
    walk = ElementWalk(axes, first: strides[0], second: strides[1])
    operation = arithmetic.operation
    keepsOperands = ![.sum, .difference].contains(arithmetic)
  }

  var workspaceCount: Int { keepsOperands ? inputs.reduce(0) { $0 + $1.count.paddedToCacheLine } : 0 }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    walk.combine(operation, inputs[0], inputs[1], to: output)
    self.output.clearTail(output)
    if keepsOperands, let workspace {
      workspace.copy(inputs[0], count: self.inputs[0].count)
      workspace.part(from: secondPlace).copy(inputs[1], count: self.inputs[1].count)
    }
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    let count = inputs[input].count
    precondition(gradient.count >= walk.count && result.count >= count)
    precondition((input == 0 ? walk.firstCount : walk.secondCount) <= count)
    unsafe withUnsafePointer(to: walk.walk) { walk in
      unsafe withPointers(gradient, result) { gradient, result in
        if keepsOperands, let workspace {
          unsafe withPointers(workspace, workspace.part(from: secondPlace)) {
            unsafe celements_combine_back(operation, input == 1, walk, gradient, $0, $1, result, count)
          }
        } else {
          unsafe celements_combine_back(operation, input == 1, walk, gradient, nil, nil, result, count)
        }
      }
    }
    inputs[input].clearTail(result)
  }

  /// Of the second operand in the workspace.
  private var secondPlace: Int { inputs[0].count.paddedToCacheLine }
}

extension ElementWalk {
  /// y <- a op b, a being the first and b the second of the walk.
  func combine(_ operation: celements_arithmetic, _ a: LentFloats, _ b: LentFloats, to y: LentFloats) {
    precondition(a.count >= firstCount && b.count >= secondCount && y.count >= count)
    unsafe withUnsafePointer(to: walk) { walk in
      unsafe withPointers(a, b, y) { unsafe celements_combine(operation, walk, $0, $1, $2) }
    }
  }
}

extension Arithmetic {
  fileprivate var operation: celements_arithmetic {
    switch self {
    case .sum: celements_sum
    case .difference: celements_difference
    case .product: celements_product
    case .quotient: celements_quotient
    case .maximum: celements_maximum
    case .minimum: celements_minimum
    }
  }
}
