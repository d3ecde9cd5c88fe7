using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Reports;

/// <summary>The routes of storage reports.</summary>
internal static class ReportsApi
{
    public static void MapReports(this RouteGroupBuilder group)
    {
        group.MapGet("/reports/storage", OfStoreAsync).Needs(KeyScope.Read, Reach.Store)
            .WithSummary("Report the contents and the size of the store");
        group.MapGet("/reports/growth", OfGrowthAsync).Needs(KeyScope.Read, Reach.Store)
            .WithSummary("Report the growth of the store, a base or a task by day, week or month; ?from= and ?to= as in 2026-01-31");
        group.MapGet("/bases/{name}/reports/storage", OfBaseAsync).Needs(KeyScope.Read, Reach.Store)
            .WithSummary("Report the contents and the size of the tasks of a base");
        group.MapGet("/tasks/{task}/reports/storage", OfTaskAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("Report the contents and the size of a task");
        group.MapGet("/tasks/{task}/reports/timeline", OfTimelineAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary(
                "Report a task's checkpoints by step, reduced to ?points=, with the smallest and largest value of each metric");
        group.MapGet("/tasks/{task}/reports/tensors", OfTensorsAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("Report the stored bytes of a task by tensor, largest first");
    }

    private static async Task<Ok<StorageReport>> OfStoreAsync(IReports reports, CancellationToken cancellation) =>
        TypedResults.Ok(await reports.GetStorageAsync(null, cancellation));

    private static async Task<Ok<StorageReport>> OfBaseAsync(string name, IReports reports, CancellationToken cancellation) =>
        TypedResults.Ok(await reports.GetBaseAsync(name, cancellation));

    private static async Task<Ok<StorageReport>> OfTaskAsync(string task, IReports reports, CancellationToken cancellation) =>
        TypedResults.Ok(await reports.GetStorageAsync(task, cancellation));

    private static async Task<Ok<Page<TensorReport>>> OfTensorsAsync(
        string task, int? limit, string? after, HttpContext context, IReports reports, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        return Paging.Answer(context, page, await reports.ListTensorsAsync(task, page, cancellation).ReadPageAsync());
    }

    private static async Task<Ok<TimelineReport>> OfTimelineAsync(
        string task, int? points, long? from, long? to, IReports reports, CancellationToken cancellation)
    {
        var request = new TimelineRequest { From = from, To = to };
        return TypedResults.Ok(
            await reports.GetTimelineAsync(task, points is { } most ? request with { Points = most } : request, cancellation));
    }

    private static async Task<Ok<GrowthReport>> OfGrowthAsync(
        string? task, string? @base, DateOnly? from, DateOnly? to, string? bucket, IReports reports, CancellationToken cancellation) =>
        TypedResults.Ok(await reports.GetGrowthAsync(
            new GrowthRequest { Task = task, Base = @base, From = from, To = to, Bucket = BucketOf(bucket) }, cancellation));

    private static GrowthBucket BucketOf(string? word) => word switch
    {
        null or "day" => GrowthBucket.Day,
        "week" => GrowthBucket.Week,
        "month" => GrowthBucket.Month,
        _ => throw new FishException(
            ErrorCode.RequestInvalid, "bucket", $"Growth is told by day, week or month, not by {(word.Length <= 20 ? word : word[..20])}.",
            "Ask for one of these."),
    };
}
