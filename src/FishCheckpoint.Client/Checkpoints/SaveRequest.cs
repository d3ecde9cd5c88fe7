using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>
/// The parts of a save besides its body: parent, base and overwrite in the query, the digest in a header, metrics and metadata in a form
/// part.
/// </summary>
internal static class SaveRequest
{
    public static string PathOf(string task, long step, SaveOptions options)
    {
        var path = $"{Routes.Checkpoint(task, StepRef.At(step))}?parent={options.Parent}";
        path = options.ExpectedBase is { } id ? $"{path}&base={id}" : path;
        return options.Overwrite ? $"{path}&overwrite=true" : path;
    }

    /// <summary>The metrics, metadata and known side files; <see langword="null"/> if there are none.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.TooLarge"/>: the values are invalid,
    /// and nothing is sent.</exception>
    public static SaveInfo? InfoOf(string task, long step, SaveOptions options) =>
        options.Metrics.Count + options.Metadata.Count + options.KnownSideFiles.Count == 0 ? null
        : new SaveInfo(
            options.Metrics.Count > 0 ? options.Metrics : null, options.Metadata.Count > 0 ? options.Metadata : null,
            options.KnownSideFiles.Count > 0 ? options.KnownSideFiles : null).Validate($"{task}/{step}");

    /// <param name="request">The request.</param>
    /// <param name="options">The options of the save.</param>
    /// <param name="patient">Whether the body is long enough to wait for the server's consent first.</param>
    public static void Prepare(HttpRequestMessage request, SaveOptions options, bool patient)
    {
        request.Headers.ExpectContinue = patient ? true : null;
        if (options.ExpectedFileDigest is { } digest)
        {
            request.Headers.Add("Repr-Digest", $"sha-256=:{Convert.ToBase64String(digest.ToArray())}:");
        }
    }
}
