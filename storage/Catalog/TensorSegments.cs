using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// The stored totals per tensor of a task: 128 tensors per row, in the layout's order. A save rewrites only the rows of the tensors that it
/// changes.
/// </summary>
internal sealed class TensorSegments(CatalogConnection connection) : ITensorRows
{
    private const int Tensors = 128;

    public TensorTotals[] Read(long task, int tensors)
    {
        var totals = new TensorTotals[tensors];
        foreach (var (segment, bytes) in connection.Query(
            "SELECT segment, totals FROM task_tensors WHERE task = $0", row => (row.GetInt32(0), row.Bytes(1)), task))
        {
            for (var index = 0; index < Tensors && (segment * Tensors) + index < tensors; index++)
            {
                totals[(segment * Tensors) + index] = TensorTotals.Read(bytes.AsSpan(index * TensorTotals.Length));
            }
        }

        return totals;
    }

    /// <summary>Adds changes to a task's totals if the task still exists, in the caller's transaction.</summary>
    public void Add(long task, IReadOnlyDictionary<int, TensorTotals> changes)
    {
        foreach (var segment in changes.Where(change => change.Value != default).GroupBy(change => change.Key / Tensors))
        {
            var bytes = connection.Scalar<byte[]?>("SELECT totals FROM task_tensors WHERE task = $0 AND segment = $1", task, segment.Key)
                ?? new byte[Tensors * TensorTotals.Length];
            foreach (var (tensor, change) in segment)
            {
                var place = bytes.AsSpan(tensor % Tensors * TensorTotals.Length, TensorTotals.Length);
                (TensorTotals.Read(place) + change).Write(place);
            }

            connection.Execute(
                """
                INSERT INTO task_tensors (task, segment, totals) SELECT id, $1, $2 FROM tasks WHERE id = $0
                ON CONFLICT (task, segment) DO UPDATE SET totals = excluded.totals
                """,
                task, segment.Key, bytes);
        }
    }

    public long? NextUncounted() => connection.Scalar<long?>("SELECT min(task) FROM tasks_to_count");

    public int SetCounted(long task) => connection.Execute("DELETE FROM tasks_to_count WHERE task = $0", task);

    public void Clear(long task) => connection.Execute("DELETE FROM task_tensors WHERE task = $0", task);
}
