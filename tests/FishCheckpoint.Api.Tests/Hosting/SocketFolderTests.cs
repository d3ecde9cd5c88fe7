using FishCheckpoint.Api.Hosting;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hosting;

public sealed class SocketFolderTests
{
    [Fact]
    public void Create_BesideLeftovers_RemovesThoseOfThisUsersKilledServersAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such sockets.");
        var killed = Make(Environment.UserName);
        var (others, starting, foreign) = (Make(Environment.UserName + "x"), Make(""), Make(Environment.UserName));
        File.WriteAllText(Path.Combine(foreign, "mine"), "");
        File.Delete(Path.Combine(foreign, "lock"));
        string living, next;
        using (var first = SocketFolder.Create())
        {
            living = Path.GetDirectoryName(first.Socket)!;
            File.WriteAllText(first.Socket, "");
            using var second = SocketFolder.Create();
            next = Path.GetDirectoryName(second.Socket)!;

            Assert.False(Directory.Exists(killed));
            Assert.True(File.Exists(first.Socket));
            Assert.All(new[] { others, starting, foreign, next }, folder => Assert.True(Directory.Exists(folder), folder));
            Assert.True(File.Exists(Path.Combine(foreign, "mine")));
        }

        Assert.False(Directory.Exists(living) || Directory.Exists(next));
        Array.ForEach([others, starting, foreign], folder => Directory.Delete(folder, recursive: true));
    }

    // What a server leaves that was killed: its lock is free.
    private static string Make(string user)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"fish-local-{Guid.NewGuid():N}"[..23]);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "s"), "");
        File.WriteAllText(Path.Combine(folder, "lock"), user);
        return folder;
    }
}
