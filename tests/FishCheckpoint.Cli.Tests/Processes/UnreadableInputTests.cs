using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>Folders of which a part may not be read. Root may read everything, so the program runs as another user, which only root can
/// have it do.</summary>
[Trait("Category", "Slow")]
public sealed class UnreadableInputTests : CommandTest
{
    private const string Needs = "Only root may run a program as another user, by util-linux's setpriv.";

    [Theory]
    [InlineData(false, "model.safetensors")]
    [InlineData(true, "model.safetensors")]
    [InlineData(false, "config.json")]
    [InlineData(true, "config.json")]
    [InlineData(false, "sub")]
    [InlineData(true, "sub/vocab.txt")]
    [InlineData(false, "")]
    public async Task Save_PartThatMayNotBeRead_IsNamedAndNothingIsStored(bool overHttp, string name)
    {
        Assert.SkipUnless(RealProgram.Has("setpriv") && Environment.IsPrivilegedProcess, Needs);
        var model = TestModel.Create();
        model.Write(PathOf("base"));
        model.Change(1).Write(PathOf("input"));
        Directory.CreateDirectory(PathOf("input/sub"));
        await File.WriteAllTextAsync(PathOf("input/config.json"), "{}", Stop);
        await File.WriteAllTextAsync(PathOf("input/sub/vocab.txt"), "words", Stop);
        (await FishAsync("base", "add", "base", PathOf("base"))).Succeeded();
        (await FishAsync("task", "add", "task", "--base", "base")).Succeeded();
        await Shell($"chown -R 65534:65534 '{Data}' && chmod a+rx '{Folder}' && chmod -R a+rX '{PathOf("input")}'");
        string[] place = overHttp ? ["--server", await ServerAsync()] : ["--data", Data];
        Task<Ran> AsNobody(params string[] arguments) => RealProgram.RunAsync(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", RealProgram.Fish, .. arguments, .. place],
                new() { ["HOME"] = Data });
        Assert.SkipUnless((await AsNobody("ls")).Exit == 0, "Another user cannot run the program where it lies.");

        var path = name.Length == 0 ? PathOf("input") : PathOf($"input/{name}");
        await Shell($"chmod 000 '{path}'");
        (await AsNobody("save", "task", "1", PathOf("input"))).Failed(3, $"FILE_UNREADABLE {path}");
        (await AsNobody("base", "add", "more", PathOf("input"))).Failed(3, $"FILE_UNREADABLE {path}");
        Assert.Empty((await AsNobody("ls", "task", "--json")).Json<List<CheckpointInfo>>());
        Assert.Single((await AsNobody("base", "ls", "--json")).Json<List<BaseInfo>>());

        await Shell($"chmod 755 '{path}'");
        (await AsNobody("save", "task", "1", PathOf("input"))).Succeeded();
        Assert.Single((await AsNobody("ls", "task", "--json")).Json<List<CheckpointInfo>>());
    }

    private static async Task Shell(string command) => (await RealProgram.RunAsync("sh", ["-c", command])).Succeeded();
}
