using System.Diagnostics;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>Outputs and inputs that are no plain files: pipes, devices, links, and the standard streams.</summary>
public sealed class StreamTests : CommandTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Load_ToAPipe_WritesIntoIt(bool overHttp)
    {
        NeedsPipes();
        var (first, _) = await PrepareAsync();
        var pipe = MakePipe("pipe");
        var reading = Task.Run(() => File.ReadAllBytes(pipe), Stop);
        string[] command = ["load", "task", "10", pipe];

        (await (overHttp ? FishOverHttpAsync(command) : FishAsync(command))).Succeeded();

        Assert.Equal(first.ToBytes(), await reading);
        Assert.Equal(["pipe"], Directory.EnumerateFiles(Folder, "pipe*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Load_ToADevice_LeavesTheDevice()
    {
        NeedsPipes();
        await PrepareAsync();

        (await FishAsync("load", "task", "10", "/dev/null")).Succeeded();
        (await FishAsync("diff", "task", "10", "20", "--out", "/dev/null")).Succeeded();

        using var device = new FileStream("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        device.WriteByte(1);
        Assert.Equal(-1, device.ReadByte());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_ToALink_WritesWhatItLeadsTo(bool dangling)
    {
        var (first, _) = await PrepareAsync();
        var (target, link) = (PathOf("real.safetensors"), PathOf("link.safetensors"));
        if (!dangling)
        {
            await File.WriteAllTextAsync(target, "old", Stop);
        }

        File.CreateSymbolicLink(PathOf("middle.safetensors"), "real.safetensors");
        File.CreateSymbolicLink(link, PathOf("middle.safetensors"));

        (await FishAsync("load", "task", "10", link)).Succeeded();

        Assert.Equal(first.ToBytes(), await File.ReadAllBytesAsync(target, Stop));
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.NotNull(new FileInfo(PathOf("middle.safetensors")).LinkTarget);
        Assert.Null(new FileInfo(target).LinkTarget);
    }

    [Fact]
    public async Task Load_ToALinkIntoNoFolder_IsRefused()
    {
        await PrepareAsync();
        File.CreateSymbolicLink(PathOf("a.safetensors"), PathOf("nowhere/b.safetensors"));
        (await FishAsync("load", "task", "10", PathOf("a.safetensors"))).Failed(4, "FILE_NOT_FOUND");
        Assert.NotNull(new FileInfo(PathOf("a.safetensors")).LinkTarget);
    }

    [Fact]
    public async Task Load_ToLinksInACircle_IsRefused()
    {
        await PrepareAsync();
        File.CreateSymbolicLink(PathOf("a.safetensors"), PathOf("b.safetensors"));
        File.CreateSymbolicLink(PathOf("b.safetensors"), PathOf("a.safetensors"));
        (await FishAsync("load", "task", "10", PathOf("a.safetensors"))).Failed(5, "FOLDER_TAKEN");
    }

    [Theory]
    [InlineData("load", "task", "10", "-")]
    [InlineData("load", "task", "10", "/dev/stdout", "--json")]
    [InlineData("diff", "task", "base", "10", "--out", "-")]
    public async Task StandardOutput_HoldsTheFileAlone(params string[] command)
    {
        await PrepareAsync();
        using var bytes = new MemoryStream();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = Terminal.Of(output, error);
        terminal.BinaryOutput = () => new NonClosing(bytes);

        var exit = await FishCommandLine.RunAsync([.. command, "--data", Data], new Shell(terminal, new FishSettings()), Stop);

        Assert.Equal((0, ""), (exit, output.ToString()));
        var path = PathOf("got.safetensors");
        await File.WriteAllBytesAsync(path, bytes.ToArray(), Stop);
        (await FishAsync("save", "task", "30", path, "--parent", "base")).Succeeded();
        Assert.Equal(
            (await FishAsync("load", "task", "10", PathOf("x.safetensors"),
                "--json")).Json<System.Text.Json.JsonElement>()[0].GetProperty("sha256").GetString(),
            (await FishAsync("load", "task", "30", PathOf("y.safetensors"),
                "--json")).Json<System.Text.Json.JsonElement>()[0].GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task StandardOutput_OfATerminal_IsRefused()
    {
        await PrepareAsync();
        using var error = new StringWriter();
        var terminal = Terminal.Of(TextWriter.Null, error, TerminalTraits.Plain with { OutputIsTerminal = true, Columns = 80 });

        var exit = await FishCommandLine.RunAsync(["load", "task", "10", "-", "--data", Data], new Shell(terminal, new FishSettings()),
            Stop);

        Assert.Equal(3, exit);
        Assert.Contains("terminal", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("base", "add", "piped")]
    [InlineData("save", "task", "40")]
    public async Task Input_OfAPipeOrStandardInput_IsRead(params string[] command)
    {
        NeedsPipes();
        await PrepareAsync();
        var content = Base.Change(4).ToBytes();
        var pipe = MakePipe("pipe");
        var writing = Task.Run(() => File.WriteAllBytes(pipe, content), Stop);
        (await FishAsync([.. command, pipe])).Succeeded();
        await writing;

        var terminal = Terminal.Of(TextWriter.Null, TextWriter.Null);
        terminal.BinaryInput = () => new MemoryStream(content);
        Assert.Equal(0, await FishCommandLine.RunAsync([.. command, "-", "--data", Data], new Shell(terminal, new FishSettings()), Stop));
    }

    [Fact]
    public async Task Input_LongerThanTheLimit_IsRefused()
    {
        await PrepareAsync();
        using var error = new StringWriter();
        var terminal = Terminal.Of(TextWriter.Null, error);
        terminal.BinaryInput = () => new MemoryStream(new byte[1 << 20]);
        var settings = new FishSettings();
        settings.Limits.MaxUploadBytes = 1000;

        Assert.Equal(7, await FishCommandLine.RunAsync(["save", "task", "50", "-", "--data", Data], new Shell(terminal, settings), Stop));
        Assert.Contains("TOO_LARGE", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_OfAnEmptyPipe_IsRefused()
    {
        await PrepareAsync();
        using var error = new StringWriter();
        var terminal = Terminal.Of(TextWriter.Null, error);
        terminal.BinaryInput = () => Stream.Null;
        Assert.Equal(4,
            await FishCommandLine.RunAsync(["save", "task", "50", "-", "--data", Data], new Shell(terminal, new FishSettings()), Stop));
    }

    private static void NeedsPipes() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes among its files.");

    private string MakePipe(string name)
    {
        using var made = Process.Start("mkfifo", PathOf(name));
        made.WaitForExit();
        return PathOf(name);
    }

    private sealed class NonClosing(Stream inner) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            inner.WriteAsync(buffer, offset, count, cancellationToken);
    }
}
