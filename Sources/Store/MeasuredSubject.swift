import GRDB

/// A model and an image of which there are measurements.
package struct MeasuredSubject: Sendable {
  package var id: Int64
  /// Numbers of texts.
  package var network: Int64
  package var preparation: Int64
  /// As `name=value` lines.
  package var image: String
  package var label: Int
}

extension StoreReader {
  /// Every one of them, in the order in which they were first stored.
  package func forEachMeasured(_ body: (MeasuredSubject) -> Void) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT model_images.id, network, preparation, ingredients, label
        FROM model_images JOIN images ON images.id = image
        WHERE EXISTS (SELECT 1 FROM passes WHERE subject = model_images.id) ORDER BY model_images.id
        """)
    while let row = try rows.next() {
      body(
        MeasuredSubject(
          id: try row.decode(atIndex: 0), network: try row.decode(atIndex: 1), preparation: try row.decode(atIndex: 2),
          image: try row.decode(atIndex: 3), label: try row.decode(atIndex: 4)))
    }
  }
}
