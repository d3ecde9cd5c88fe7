using System.Text;
using FishCheckpoint.Api.Checkpoints;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Http;

namespace FishCheckpoint.Fuzz.Http;

/// <summary>The body of a save as a form, whose parts have names of files. What is taken lies in the temporary folder, under names that a
/// model's files can have; nothing is left.</summary>
internal sealed class PartsTarget : FuzzTarget
{
    private const string Boundary = "b0undary";

    private static readonly string[] FileNames =
    [
        "config.json", "sub/vocab.txt", "../escape.txt", "/etc/passwd", "..\\up.txt", "a/../../b", ".hidden", "a//b", "a/./b", "con",
        "nul.txt", "x\\y", "model.safetensors", "a\0b", "é.json",
        "=?utf-8?B?Y29uZmlnLmpzb24=?=", "a\"b", "%2e%2e/x", "a/b/c/d/e/f/g/h/i", "a:b", "C:\\x", "~/x", "", " ", ".", "..", new('x', 129),
        new('y', 2000),
    ];

    public override string Name => "parts";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Form(("checkpoint", null), ("info", null), ("file", "config.json"), ("file", "sub/vocab.txt")),
        Form(("checkpoint", null), ("state", null), ("file", "a.txt")),
        .. FileNames.Select(name => Form(("checkpoint", null), ("file", name))),
    ];

    public override bool HasThreads => true;

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (random.Next(3) > 0)
        {
            return ByteMutator.Mutate(random, input, other);
        }

        // Another name, in one of the ways in which a field names a file.
        var text = Encoding.Latin1.GetString(input);
        var (name, place) = (FileNames[random.Next(FileNames.Length)], text.LastIndexOf("filename", StringComparison.Ordinal));
        var spelled = random.Next(4) switch
        {
            0 => $"filename*=UTF-8''{Uri.EscapeDataString(name)}", 1 => $"filename={name}",
            2 => $"filename=\"{name}\"; filename*=UTF-8''{Uri.EscapeDataString(FileNames[random.Next(FileNames.Length)])}",
            _ => $"filename=\"{name}\"",
        };
        var end = place < 0 ? -1 : text.IndexOf('\r', place);
        return end < 0 ? Form(("checkpoint", null), ("file", name)) : Encoding.Latin1.GetBytes(text[..place] + spelled + text[end..]);
    }

    public override string Run(byte[] input)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "PUT";
        context.Request.ContentType = $"multipart/form-data; boundary={Boundary}";
        context.Request.Body = new MemoryStream(input);
        context.Request.ContentLength = input.Length;
        var options = new StoreOptions { DataFolder = Folder.Path };
        Directory.CreateDirectory(options.TemporaryFolder);
        try
        {
            using var parts = UploadParts.ReceiveAsync(context.Request, options, CancellationToken.None).GetAwaiter().GetResult();
            WrongException.Unless(parts.SideFiles.All(file => FilePaths.IsValid(file.Name)), "A file has a name that none can have.");
            WrongException.Unless(
                parts.SideFiles.All(file => Path.GetDirectoryName(file.Path) == Path.GetFullPath(options.TemporaryFolder)
                    && File.Exists(file.Path)), "A file lies elsewhere.");
            var more = $"{(parts.State is null ? "no state" : "a state")}, {(parts.Info is null ? "no info" : "info")}";
            return $"{Math.Min(4, parts.SideFiles.Count)} files, {more}";
        }
        finally
        {
            WrongException.Unless(!Directory.EnumerateFileSystemEntries(options.TemporaryFolder).Any(), "Something is left of it.");
            WrongException.Unless(Directory.EnumerateFileSystemEntries(Folder.Path, "*", SearchOption.AllDirectories)
                .All(Directory.Exists), "Something lies outside of the temporary folder.");
        }
    }

    private static byte[] Form(params (string Name, string? File)[] parts)
    {
        var body = new StringBuilder();
        foreach (var (name, file) in parts)
        {
            var type = name == "checkpoint" ? "application/vnd.safetensors" : name == "info" ? "application/json"
                : "application/octet-stream";
            var field = $"form-data; name=\"{name}\"{(file is null ? "" : $"; filename=\"{file}\"")}";
            body.Append($"\r\n--{Boundary}\r\nContent-Disposition: {field}\r\nContent-Type: {type}\r\n\r\n");
            body.Append(name == "info" ? """{"metrics":{"loss":1},"metadata":{"run":"a"}}""" : $"content of {name}");
        }

        return Encoding.UTF8.GetBytes($"{body}\r\n--{Boundary}--\r\n");
    }
}
