using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Reports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Reports;

/// <summary>The routes of storage reports.</summary>
internal static class ReportsApi
{
    public static void MapReports(this RouteGroupBuilder group)
    {
        group.MapGet("/reports/storage", OfStoreAsync).Needs(KeyScope.Read, Reach.Store).WithSummary("Report what the whole store holds and costs");
        group.MapGet("/tasks/{task}/reports/storage", OfTaskAsync).Needs(KeyScope.Read, Reach.Task).WithSummary("Report what a task holds and costs");
    }

    private static async Task<Ok<StorageReport>> OfStoreAsync(IStorageReports reports, CancellationToken cancellation) =>
        TypedResults.Ok(await reports.ReportAsync(null, cancellation));

    private static async Task<Ok<StorageReport>> OfTaskAsync(string task, IStorageReports reports, CancellationToken cancellation) =>
        TypedResults.Ok(await reports.ReportAsync(task, cancellation));
}
