using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Deltas;

/// <summary>The route that gives the delta between any two states of a task.</summary>
internal static class DeltasApi
{
    private const string Base = "base";

    public static void MapDeltas(this RouteGroupBuilder group) =>
        group.MapGet("/{step}/delta", GetAsync).Needs(KeyScope.Read, Reach.Task).GivesBytes(MediaTypes.Safetensors, MediaTypes.Frames)
            .WithSummary("Give what changed from a state (?from=base or a step) to a step, as a sparse patch or, by Accept, as frames").MayFail(500);

    private static async Task<DeltaResult> GetAsync(string task, string step, string? from, ICheckpointStore store, CancellationToken cancellation)
    {
        // Words are resolved once: "latest" may move on before the delta is made.
        var to = await store.GetCheckpointAsync(task, StepRef.Parse(step), cancellation);
        var start = from is null or Base ? null : await store.GetCheckpointAsync(task, StepRef.Parse(from), cancellation);
        var known = await store.GetTaskAsync(task, cancellation);
        var delta = await store.OpenDeltaAsync(task, StepRef.At(to.Step), start is null ? null : StepRef.At(start.Step), cancellation);
        return new DeltaResult(delta, known, $"{to.Step}", start is null ? Base : $"{start.Step}");
    }
}
