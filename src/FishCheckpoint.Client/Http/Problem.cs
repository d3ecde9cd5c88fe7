using System.Net;
using System.Text.Json;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Http;

/// <summary>Converts problem details (RFC 9457) to the server's exception.</summary>
internal static class Problem
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The error for a version that no longer exists.</summary>
    public static FishException Changed(string what) => new(
        ErrorCode.CheckpointChanged, what, "The step was replaced with other content while it was read.",
            "Load it again from its beginning.");

    public static async Task<FishException> ReadAsync(HttpResponseMessage response, string operation, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            return Changed(operation);
        }

        try
        {
            await response.Content.LoadIntoBufferAsync(MaxBytes, cancellation);
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            if (json.RootElement is { ValueKind: JsonValueKind.Object } problem
                && ErrorCodes.TryParse(Text(problem, "code") ?? string.Empty, out var code))
            {
                return new FishException(
                    code, Text(problem, "key") ?? operation,
                    Text(problem, "cause") ?? Text(problem, "detail") ?? "The server gave no cause.",
                    Text(problem, "hint") + ServerVersion.AdviceOn(code, response))
                {
                    Operation = Text(problem, "operation") ?? operation, Status = (int)response.StatusCode,
                    RetryAfter = response.Headers.RetryAfter?.Delta,
                };
            }
        }
        catch (Exception error) when (error is JsonException or HttpRequestException or IOException)
        {
            return Unexpected(response, operation, error);
        }

        return Unexpected(response, operation, null);
    }

    private static FishException Unexpected(HttpResponseMessage response, string operation, Exception? error) => new(
        ErrorCode.ServerUnavailable, response.RequestMessage?.RequestUri?.AbsoluteUri ?? operation,
        $"The server responded {(int)response.StatusCode} without problem details that this client can read.",
        "Check that the URL belongs to a FishCheckpoint server of this version.", error)
    {
        Operation = operation, Status = (int)response.StatusCode, RetryAfter = response.Headers.RetryAfter?.Delta,
    };

    private static string? Text(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
