using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>A version that was saved.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="Name">What it is called in the folder.</param>
/// <param name="Created">Whether it was not stored before.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="StoredBytes">What it added to the store.</param>
/// <param name="ModelBytes">Bytes of the full model.</param>
/// <param name="Seconds">How long saving it took.</param>
/// <param name="LeftOut">What was found beside the model and is no part of it; <see langword="null"/>: nothing.</param>
public sealed record WatchedVersion(
    string Task, long Step, string Name, bool Created, long Changed, long StoredBytes, long ModelBytes, double Seconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutFile>? LeftOut = null);
