namespace FishCheckpoint.Reports;

/// <summary>What a task's checkpoints hold of one tensor.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Dtype">The spelling of its dtype, as in <c>F32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Checkpoints">Checkpoints whose deltas touch it.</param>
/// <param name="LogicalBytes">Its bytes in all the task's checkpoints.</param>
/// <param name="Positions">Bytes of its chunks of positions, each mask counted once. Where a frame holds positions and values in one, they
/// are told apart as those of the whole frame are. Frames' heads, which belong to no tensor, are counted by the task alone.</param>
/// <param name="Values">Bytes of its chunks of values.</param>
/// <param name="Stored">Both of these.</param>
/// <param name="Ratio">Logical bytes to stored bytes; 0 when nothing is stored.</param>
/// <param name="Changed">Values stored.</param>
/// <param name="Density">Values stored to its elements in all the task's checkpoints.</param>
/// <param name="BytesPerChangedValue">Stored bytes to values stored.</param>
public sealed record TensorReport(
    string Name, string Dtype, IReadOnlyList<long> Shape, long Checkpoints, long LogicalBytes, long Positions, long Values, long Stored,
    double Ratio,
    long Changed, double Density, double BytesPerChangedValue);
