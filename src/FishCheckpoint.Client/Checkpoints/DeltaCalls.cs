using System.Net.Http.Headers;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>The route of the delta between two states.</summary>
internal sealed class DeltaCalls(FishHttp server, string spoolFolder)
{
    /// <summary>Downloads the frames into a temporary file that the delta owns.</summary>
    public async Task<EncodedDelta> OpenAsync(string task, StepRef to, StateRef from, CancellationToken cancellation) =>
        (await OpenAsync(task, to, from, long.MaxValue, cancellation))!;

    /// <summary>As above, unless the frames are longer than a limit; then nothing is downloaded.</summary>
    public async Task<EncodedDelta?> OpenAsync(string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellation)
    {
        var path = $"{Routes.Checkpoint(task, to)}/delta?from={from}";
        using var response = await server.SendAsync(
            HttpMethod.Get, path, prepare: request => request.Headers.Accept.Add(
                new MediaTypeWithQualityHeaderValue(EncodedDelta.MediaType)),
            wait: server.ForComputed, cancellation: cancellation);
        if (response.Content.Headers.ContentLength > maxBytes)
        {
            return null;
        }

        var file = TemporaryFile.Create(spoolFolder);
        try
        {
            await CopyAsync(response, file, cancellation);
            var opened = EncodedDelta.Open(file.Path);
            return new EncodedDelta(opened.Mask, opened.Values, opened, file);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, TemporaryFile file, CancellationToken cancellation)
    {
        try
        {
            await response.Content.CopyToAsync(file.Stream, cancellation);
            await file.Stream.DisposeAsync();
        }
        catch (HttpRequestException error)
        {
            // The copy also wraps errors of this side.
            throw error.InnerException is IOException local && FullDisk.Is(local) ? local : server.Unavailable(error);
        }
    }
}
