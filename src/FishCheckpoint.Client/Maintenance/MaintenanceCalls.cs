using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Maintenance;

/// <summary>The routes of maintenance.</summary>
internal sealed class MaintenanceCalls(FishHttp server)
{
    public Task<RecodeResult> RecodeAsync(RecodeOptions? options, CancellationToken cancellation) => server.JsonAsync<RecodeResult>(
        HttpMethod.Post, Routes.Recode, cancellation, JsonContent.Create((options ?? new RecodeOptions()).Checked(), options: FishJson.Options));

    public Task<FoldResult> FoldAsync(FoldOptions? options, CancellationToken cancellation) => server.JsonAsync<FoldResult>(
        HttpMethod.Post, Routes.Fold, cancellation, JsonContent.Create((options ?? new FoldOptions()).Checked(), options: FishJson.Options));
}
