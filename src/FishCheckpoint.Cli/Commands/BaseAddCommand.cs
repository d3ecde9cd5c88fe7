using System.CommandLine;
using System.Runtime.CompilerServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt base add</c>.</summary>
internal static class BaseAddCommand
{
    public static Command Create(Shell shell)
    {
        var name = new Argument<string>("NAME") { Description = "The name of the base." };
        var path = new Argument<string>("PATH")
        {
            Description = "A safetensors or PyTorch file, a folder of shards with their side files, a pipe, or - for standard input.",
        };
        var (stateDict, choice) = (StateDictOption.Create(), new ModelChoiceOptions());
        var command = new Command("add", "Add a base from a safetensors or PyTorch file, or from a folder of shards.")
        {
            name, path, stateDict, choice.File, choice.Variant,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            using var input = await LocalInput.OpenAsync(
                call.Parsed.GetRequiredValue(path), call.Terminal, shell.Settings.Limits.MaxUploadBytes, cancellation);
            var source = input.Path;
            var limit = shell.Settings.Limits.MaxHeaderBytes;
            var contents = Directory.Exists(source)
                ? await Task.Run(() => FolderContents.Read(source, choice.Of(call.Parsed), limit), cancellation) : null;
            using var torch = contents?.IsTorch ?? TorchModelFiles.Is(source)
                ? await Task.Run(() => TorchModelFiles.Open(source, call.Parsed.GetValue(stateDict), limit, choice.Of(call.Parsed)),
                    cancellation) : null;
            var (files, total) = torch is not null ? (TorchUpload.FilesOf(torch), TorchUpload.BytesOf(torch))
                : contents is not null ? (ModelUpload.FromContents(contents), BytesOf(contents))
                    : (ModelUpload.FromPath(source), BytesOf(source));
            Saved<BaseInfo> saved = null!;
            await Progress.BytesAsync(call.Terminal, "adding", total, async passed => saved = await call.Store.Bases.AddAsync(
                call.Parsed.GetRequiredValue(name), Counted(files, passed, cancellation), cancellation));
            var added = saved.Value with
            {
                LeftOut = LeftOutFile.Join([.. contents?.LeftOut ?? [], .. torch?.LeftUnread ?? []], saved.Value.LeftOut),
            };
            call.Print(added, info =>
            {
                call.Say(
                    $"{(saved.Created ? "Added" : "Already there:")} base [bold]{info.Name}[/]: {Say.Count(info.Tensors)} tensors, ",
                    $"{Say.Count(info.Elements)} elements, {Say.Bytes(info.Bytes)}, id ",
                    $"{Say.Short(info.Id)}{StateDictOption.Describe(torch?.Key)}");
                call.SayLeftOut(info.LeftOut);
            });
        }, creates: true);
        return command;
    }

    private static long BytesOf(FolderContents contents) => contents.Weights.Select(name => Path.Combine(contents.Folder, name))
        .Concat(contents.SideFiles.Select(file => file.Path)).Sum(path => new FileInfo(path).Length);

    private static long BytesOf(string path) => File.Exists(path) ? new FileInfo(path).Length
        : throw new FishException(ErrorCode.FileNotFound, path, "The file or folder does not exist.", "Check the path.");

    private static async IAsyncEnumerable<UploadFile> Counted(
        IAsyncEnumerable<UploadFile> files, Action<long> passed, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var file in files.WithCancellation(cancellation))
        {
            await using var content = new CountingStream(file.Content, passed);
            yield return file with { Content = content };
        }
    }
}
