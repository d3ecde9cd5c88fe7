using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Deltas;

/// <summary>The routes that give the delta between any two states of a base, and what it amounts to.</summary>
internal static class DeltasApi
{
    public static void MapDeltas(this RouteGroupBuilder group)
    {
        group.MapGet("/{step}/delta", GetAsync).Needs(KeyScope.Read, Reach.Task).GivesBytes(MediaTypes.Safetensors, MediaTypes.Frames)
            .WithSummary(
                "Give the changes from a state (?from=base, a step, or TASK:STEP) to a step, as a sparse patch or, by Accept, as frames")
                .MayFail(409, 500);
        group.MapGet("/{step}/diff", CompareAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("Report how much each tensor changed from a state (?from=base, a step, or TASK:STEP) to a step")
            .MayFail(409, 500);
    }

    private static async Task<DeltaResult> GetAsync(
        string task, string step, string? from, HttpContext context, IFishStore store, CancellationToken cancellation)
    {
        // Words are resolved once: "latest" may move on before the delta is made.
        var to = await store.Checkpoints.GetAsync(task, StepRef.Parse(step), cancellation);
        var start = await ResolveAsync(task, context, from is null ? StateRef.Base : StateRef.Parse(from), store.Checkpoints, cancellation);
        var known = await store.Tasks.GetAsync(task, cancellation);
        var delta = await store.States.OpenDeltaAsync(task, StepRef.At(to.Step), start, cancellation);
        return new DeltaResult(delta, known, $"{to.Step}", start.ToString());
    }

    private static async Task<Ok<ChangeReport>> CompareAsync(
        string task, string step, string? from, HttpContext context, ICheckpoints checkpoints, IStates comparison,
        CancellationToken cancellation)
    {
        var to = await checkpoints.GetAsync(task, StepRef.Parse(step), cancellation);
        var start = await ResolveAsync(task, context, from is null ? StateRef.Base : StateRef.Parse(from), checkpoints, cancellation);
        return TypedResults.Ok(await comparison.CompareAsync(task, StepRef.At(to.Step), start, cancellation));
    }

    private static async Task<StateRef> ResolveAsync(
        string task, HttpContext context, StateRef start, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        if (start.Step is not { } step)
        {
            return start;
        }

        context.RequireReach(start.Task);
        return start with { Step = StepRef.At((await checkpoints.GetAsync(start.Task ?? task, step, cancellation)).Step) };
    }
}
