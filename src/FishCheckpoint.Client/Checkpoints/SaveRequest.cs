using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>What goes with a save besides its body: parent and base in the query, digest and metrics in headers.</summary>
internal static class SaveRequest
{
    public static string PathOf(string task, long step, SaveOptions options)
    {
        var path = $"{Routes.Checkpoint(task, StepRef.At(step))}?parent={options.Parent}";
        return options.ExpectedBase is { } id ? $"{path}&base={id}" : path;
    }

    /// <param name="request">The request.</param>
    /// <param name="options">What goes with the save.</param>
    /// <param name="patient">Whether the body is long enough to ask first whether the server takes it.</param>
    public static void Prepare(HttpRequestMessage request, SaveOptions options, bool patient)
    {
        request.Headers.ExpectContinue = patient ? true : null;
        if (options.ExpectedFileDigest is { } digest)
        {
            request.Headers.Add("Repr-Digest", $"sha-256=:{Convert.ToBase64String(digest.ToArray())}:");
        }

        if (options.Metrics.Count > 0)
        {
            request.Headers.Add("Checkpoint-Metrics", JsonSerializer.Serialize(options.Metrics, FishJson.Options));
        }
    }
}
