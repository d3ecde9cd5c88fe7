using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>
/// The received body of a save: either the checkpoint alone, or <c>multipart/form-data</c> with the part <c>checkpoint</c> first and then,
/// in any order, the parts <c>state</c> and <c>info</c>, and one part <c>file</c> with a file name per side file. It deletes its temporary
/// files.
/// </summary>
internal sealed class UploadParts : IDisposable
{
    private const string CheckpointPart = "checkpoint";
    private const string StatePart = "state";
    private const string InfoPart = "info";
    private const string FilePart = "file";

    private readonly List<Spooled> spooledFiles = [];
    private readonly List<SideFile> sideFiles = [];

    private UploadParts(Spooled checkpoint, string type, IReadOnlyList<LeftOutFile> leftOut) =>
        (Checkpoint, Type, LeftOut) = (checkpoint, type, leftOut);

    /// <summary>The checkpoint: a file, or a folder for a tar.</summary>
    public Spooled Checkpoint { get; }

    /// <summary>The checkpoint's media type.</summary>
    public string Type { get; }

    /// <summary>Names in a tar that no model file may have.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; }

    /// <summary>The side files from separate parts.</summary>
    public IReadOnlyList<SideFile> SideFiles => sideFiles;

    /// <summary>The trainer state; <see langword="null"/> if there is none.</summary>
    public Spooled? State { get; private set; }

    /// <summary>Metrics and metadata; <see langword="null"/> if there are none.</summary>
    public SaveInfo? Info { get; private set; }

    public static async Task<UploadParts> ReceiveAsync(HttpRequest request, EngineOptions options, CancellationToken cancellation)
    {
        var type = MediaTypes.Of(request);
        var multipart = type == MediaTypes.Form;
        if (!multipart)
        {
            RequireKnown(request.ContentType, type);
        }

        await using var body = new BodyStream(request, options.MaxUploadBytes, DigestField.Read(request, DigestField.Content));
        return multipart ? await ReceiveFormAsync(request, body, options, cancellation)
            : await SpoolAsync(type, body, options, cancellation);
    }

    public void Dispose()
    {
        Checkpoint.Dispose();
        State?.Dispose();
        spooledFiles.ForEach(file => file.Dispose());
    }

    private static async Task<UploadParts> ReceiveFormAsync(
        HttpRequest request, BodyStream body, EngineOptions options, CancellationToken cancellation)
    {
        UploadParts? parts = null;
        try
        {
            var reader = new MultipartReader(BoundaryOf(request), body);
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (parts is null)
                {
                    parts = await ReceiveCheckpointAsync(section, options, cancellation);
                }
                else if (NameOf(section) == FilePart)
                {
                    await parts.ReceiveSideFileAsync(section, options, cancellation);
                }
                else
                {
                    await parts.ReceiveAsync(section, options, cancellation);
                }
            }

            Require(parts is not null, "The body has no parts.");
            await body.CopyToAsync(Stream.Null, cancellation);
            return parts!;
        }
        catch (Exception error)
        {
            parts?.Dispose();
            throw error is InvalidDataException ? Invalid(error.Message) : error is IOException
                ? BodyErrors.Truncated(request.Path, error) : error;
        }
    }

    private async Task ReceiveAsync(MultipartSection section, EngineOptions options, CancellationToken cancellation)
    {
        var name = NameOf(section);
        Require(
            (name == StatePart && State is null) || (name == InfoPart && Info is null),
            "After the checkpoint, a form may have one part 'state', one part 'info' and several parts 'file'.");
        var content = new PartStream(section.Body, name!);
        if (name == StatePart)
        {
            State = await Spooled.ReceiveFileAsync(options, content, cancellation);
        }
        else
        {
            Info = await ReceiveInfoAsync(content, cancellation);
        }
    }

    private static async Task<SaveInfo> ReceiveInfoAsync(Stream content, CancellationToken cancellation)
    {
        var bytes = new byte[SaveInfo.MaxBytes + 1];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return length <= SaveInfo.MaxBytes ? SaveInfo.Parse(bytes.AsSpan(0, length)) : throw SaveInfo.TooLarge(InfoPart, "more");
    }

    private async Task ReceiveSideFileAsync(MultipartSection section, EngineOptions options, CancellationToken cancellation)
    {
        var name = FileNameOf(section);
        Require(name is not null, "A part named 'file' needs a file name.");
        Require(sideFiles.Count < SideFile.MaxCount, $"A checkpoint has at most {SideFile.MaxCount} side files.");
        Names.CheckFilePath(name!);
        var left = Math.Min(SideFile.MaxBytes, SideFile.MaxTotalBytes - spooledFiles.Sum(file => new FileInfo(file.Path).Length));
        var spooled = await Spooled.ReceiveFileAsync(options, new PartStream(section.Body, name!, left), cancellation);
        spooledFiles.Add(spooled);
        sideFiles.Add(new SideFile(name!, spooled.Path));
    }

    private static async Task<UploadParts> ReceiveCheckpointAsync(
        MultipartSection section, EngineOptions options, CancellationToken cancellation)
    {
        Require(NameOf(section) == CheckpointPart, "The first part must be named 'checkpoint'.");
        var type = MediaTypes.Of(section.ContentType);
        RequireKnown(section.ContentType, type);
        return await SpoolAsync(type, new PartStream(section.Body, CheckpointPart), options, cancellation);
    }

    private static async Task<UploadParts> SpoolAsync(string type, Stream body, EngineOptions options, CancellationToken cancellation)
    {
        var leftOut = new List<LeftOutFile>();
        var spooled = type == MediaTypes.Tar
            ? await Spooled.ReceiveFolderAsync(options, TarFiles.ReadAsync(body, leftOut, cancellation), cancellation)
            : await Spooled.ReceiveFileAsync(options, body, cancellation);
        return new UploadParts(spooled, type, leftOut);
    }

    private static void RequireKnown(string? given, string type)
    {
        if (type is not (MediaTypes.Safetensors or MediaTypes.Tar or MediaTypes.Frames))
        {
            throw MediaTypes.Unsupported(given, MediaTypes.Safetensors, MediaTypes.Tar, MediaTypes.Frames, MediaTypes.Form);
        }
    }

    private static string BoundaryOf(HttpRequest request)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).ToString();
        Require(boundary.Length is > 0 and <= 70, "The Content-Type has no boundary of 1 to 70 characters.");
        return boundary;
    }

    private static string? NameOf(MultipartSection section) =>
        ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            ? HeaderUtilities.RemoveQuotes(disposition.Name).ToString() : null;

    private static string? FileNameOf(MultipartSection section) =>
        ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            ? HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value
            : null;

    private static void Require(bool holds, string cause)
    {
        if (!holds)
        {
            throw Invalid(cause);
        }
    }

    private static FishException Invalid(string cause) => new(
        ErrorCode.RequestInvalid, MediaTypes.Form, cause,
        "Send the part 'checkpoint' with its own Content-Type, then the parts 'state' and 'info'.");
}
