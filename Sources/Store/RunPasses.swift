import GRDB
import Results
import Support

/// The passes of some models on some images, without their numbers: found in one walk over the store, and kept as numbers
/// alone, so that millions of them take some megabytes.
package struct RunPasses: Sendable {
  private let imageCount: Int
  /// By model, then image; of one subject the first computed first.
  private var heads: [PassHead] = []
  /// Of each model and image where its passes begin; one more for the end.
  private var starts: [Int32]

  /// - Parameters:
  ///   - model: into the models that it was made of.
  ///   - image: into the images.
  package subscript(model: Int, image: Int) -> ArraySlice<PassHead> {
    let slot = model * imageCount + image
    return heads[Int(starts[slot])..<Int(starts[slot + 1])]
  }

  /// None of any.
  package init(models: Int, images: Int) {
    imageCount = images
    starts = [Int32](repeating: 0, count: models * images + 1)
  }

  fileprivate init(models: Int, images: Int, found: [(slot: Int32, head: PassHead)]) {
    self.init(models: models, images: images)
    for (slot, _) in found { starts[Int(slot) + 1] += 1 }
    for slot in starts.indices.dropFirst() { starts[slot] += starts[slot - 1] }
    heads = [PassHead](repeating: PassHead(id: 0, layout: 0, environment: 0), count: found.count)
    var next = starts
    for (slot, head) in found {
      heads[Int(next[Int(slot)])] = head
      next[Int(slot)] += 1
    }
    for slot in 0..<models * images where starts[slot + 1] > starts[slot] + 1 {
      heads[Int(starts[slot])..<Int(starts[slot + 1])].sort { $0.id < $1.id }
    }
  }
}

extension StoreReader {
  /// - Parameter models: what each of them brings to its passes' keys.
  package func passes(of models: [KeyMaker], on images: [ImageRecord]) throws -> RunPasses {
    // Models may share a network, and images their bytes.
    var wanted: [Int64: [(preparation: Int64, model: Int)]] = [:]
    for (index, keys) in models.enumerated() {
      guard let network = try identifier(keys.network), let preparation = try identifier(keys.preparation) else {
        continue
      }
      wanted[network, default: []].append((preparation, index))
    }
    guard !wanted.isEmpty else { return RunPasses(models: models.count, images: images.count) }
    let (first, next) = try places(of: images)
    var found: [(slot: Int32, head: PassHead)] = []
    found.reserveCapacity(models.count * images.count)
    // The index has all that is wanted of a pass; its row has a kilobyte of numbers as well.
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT image, network, preparation, label, passes.id, layout, environment
        FROM model_images CROSS JOIN passes INDEXED BY passes_of_subject ON passes.subject = model_images.id
        """)
    while let row = try rows.next() {
      guard let sharing = wanted[try row.decode(atIndex: 1)], var place = first[try row.decode(atIndex: 0)] else {
        continue
      }
      let (preparation, label) = (try row.decode(Int64.self, atIndex: 2), try row.decode(Int.self, atIndex: 3))
      let head = PassHead(
        id: try row.decode(atIndex: 4), layout: try row.decode(atIndex: 5), environment: try row.decode(atIndex: 6))
      while place >= 0 {
        if images[Int(place)].label == label {
          for own in sharing where own.preparation == preparation {
            found.append((Int32(own.model * images.count) + place, head))
          }
        }
        place = next[Int(place)]
      }
    }
    return RunPasses(models: models.count, images: images.count, found: found)
  }

  /// - Returns: of each stored image the first of these images that has its ingredients, and of each of these the next one;
  ///   -1 behind the last.
  private func places(of images: [ImageRecord]) throws -> (first: [Int64: Int32], next: [Int32]) {
    var latest: [String: Int32] = [:]
    latest.reserveCapacity(images.count)
    var next = [Int32](repeating: -1, count: images.count)
    for (index, image) in images.enumerated() {
      next[index] = latest.updateValue(Int32(index), forKey: KeyMaker.picture(image)) ?? -1
    }
    var first: [Int64: Int32] = [:]
    first.reserveCapacity(images.count)
    let rows = try Row.fetchCursor(db, sql: "SELECT id, ingredients FROM images")
    while let row = try rows.next() {
      if let place = latest[try row.decode(String.self, atIndex: 1)] { first[try row.decode(atIndex: 0)] = place }
    }
    return (first, next)
  }
}
