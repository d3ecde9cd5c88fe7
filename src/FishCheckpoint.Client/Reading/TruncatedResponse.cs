using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Reading;

/// <summary>
/// Finds out why a response ended early. A server that finds damage while it responds can only end the response, so the client asks
/// afterwards.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="verify">Asks for the damage; <see langword="null"/> if that is not possible.</param>
internal sealed class TruncatedResponse(FishHttp server, Func<CancellationToken, Task<VerifyResult>>? verify)
{
    public async Task<FishException> ExplainAsync(IOException error, CancellationToken cancellation)
    {
        if (verify is not null && await verify(cancellation) is { Sound: false } result)
        {
            return new FishException(
                ErrorCode.CorruptCheckpoint, $"{result.Task}/{result.Step}", result.Problem ?? "The server ended the response early.",
                "Load another step, or restore the data folder from a backup.", error);
        }

        return server.Unavailable(error);
    }
}
