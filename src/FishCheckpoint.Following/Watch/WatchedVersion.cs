using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>A saved version.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Created">Whether it was new to the store.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="StoredBytes">Bytes that it added to the store.</param>
/// <param name="ModelBytes">Bytes of the full model.</param>
/// <param name="Seconds">How long saving it took.</param>
/// <param name="LeftOut">Files beside the model that are not part of it; <see langword="null"/>: none.</param>
public sealed record WatchedVersion(
    string Task, long Step, string Name, bool Created, long Changed, long StoredBytes, long ModelBytes, double Seconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutFile>? LeftOut = null);
