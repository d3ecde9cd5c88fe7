namespace FishCheckpoint.Reports;

/// <summary>Stored bytes of one tensor over a task's checkpoints.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Dtype">The spelling of its dtype, as in <c>F32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Checkpoints">Checkpoints whose deltas change it.</param>
/// <param name="LogicalBytes">Its bytes in all the task's checkpoints.</param>
/// <param name="Positions">Bytes of its position chunks, each mask counted once. If a frame combines positions and values, they are split
/// in the frame's overall proportion. Frame headers belong to no tensor; only the task's report counts them.</param>
/// <param name="Values">Bytes of its value chunks.</param>
/// <param name="Stored">Positions and values.</param>
/// <param name="Ratio">Logical bytes divided by stored bytes; 0 if nothing is stored.</param>
/// <param name="Changed">Stored values.</param>
/// <param name="Density">Stored values divided by its elements in all the task's checkpoints.</param>
/// <param name="BytesPerChangedValue">Stored bytes divided by stored values.</param>
public sealed record TensorReport(
    string Name, string Dtype, IReadOnlyList<long> Shape, long Checkpoints, long LogicalBytes, long Positions, long Values, long Stored,
    double Ratio,
    long Changed, double Density, double BytesPerChangedValue);
