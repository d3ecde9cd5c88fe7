using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class FolderNamesTests
{
    private static readonly Dictionary<string, FileNaming> Systems = new(StringComparer.Ordinal)
    {
        ["Linux"] = FileNaming.Linux, ["macOS"] = FileNaming.Mac, ["Windows"] = FileNaming.Windows,
    };

    public static TheoryData<string> AllSystems => [.. Systems.Keys];

    public static MatrixTheoryData<string, string> LeadElsewhere => new(
        [
            "", ".", "..", ".hidden", "../x", @"..\x", "a//b", "a/", "/a", "a/./b", "a/../b", "a/.b", "1/2/3/4/5/6/7/8/9", @"a\b", "/etc/x",
            @"\\server\share", "C:x", @"C:\x", "a:b", "a:$DATA", "a b", "a ", " a", "a\0b", "a\nb", "a\n",
            "a*", "a?", "a<b", "a>b", "a|b", "a\"b", "CONIN$", "com¹", "lpt².txt", "ｃｏｎ", "modèle", "~x", "%TEMP%",
        ],
        Systems.Keys);

    public static TheoryData<string> WindowsDevices =>
    [
        "con", "CON", "Con.json", "nul", "nul.safetensors", "prn.txt", "aux", "aux.tar.gz", "com1", "COM9.json", "lpt1", "LPT9.bin",
        "con.", "nul..txt",
    ];

    [Theory]
    [MemberData(nameof(LeadElsewhere))]
    public void Add_WhatMayBeMoreThanAName_IsRefusedOnEverySystem(string name, string system) =>
        Assert.Equal(ErrorCode.NameInvalid, Refuse(Systems[system], name).Code);

    [Fact]
    public void Add_PathsInFolders_AreKeptApartFromFiles()
    {
        var names = new FolderNames(FileNaming.Linux);
        Assert.Equal("1_Pooling/config.json", names.Add("1_Pooling/config.json"));
        names.Add("1_Pooling/other.json");
        names.Add("__init__.py");
        Assert.Equal(ErrorCode.NameInvalid, Assert.Throws<FishException>(() => names.Add("1_Pooling")).Code);
        Assert.Equal(ErrorCode.NameInvalid, Assert.Throws<FishException>(() => names.Add("__init__.py/x")).Code);
        Assert.Equal(ErrorCode.NameInvalid, Refuse(FileNaming.Windows, "a/con/x.json").Code);
        Assert.Equal(ErrorCode.NameInvalid, Assert.Throws<FishException>(() => FolderNames.Check("a/b")).Code);
    }

    [Theory]
    [MemberData(nameof(WindowsDevices))]
    public void Add_ADevice_IsRefusedOnWindowsAlone(string name)
    {
        var error = Refuse(FileNaming.Windows, name);

        Assert.Equal((ErrorCode.NameInvalid, name), (error.Code, error.Key));
        Assert.Contains("Windows", error.Cause, StringComparison.Ordinal);
        Assert.Contains("Linux or macOS", error.Hint, StringComparison.Ordinal);
        Assert.Equal(name, new FolderNames(FileNaming.Linux).Add(name));
        Assert.Equal(name, new FolderNames(FileNaming.Mac).Add(name));
    }

    [Theory]
    [InlineData("config.")]
    [InlineData("model.safetensors..")]
    public void Add_ADotAtTheEnd_IsRefusedOnWindowsAlone(string name)
    {
        Assert.Contains("dot", Refuse(FileNaming.Windows, name).Cause, StringComparison.Ordinal);
        Assert.Equal(name, new FolderNames(FileNaming.Linux).Add(name));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model-00001-of-00002.safetensors")]
    [InlineData("console.txt")]
    [InlineData("com")]
    [InlineData("com0")]
    [InlineData("com10.txt")]
    [InlineData("null")]
    [InlineData("a.con")]
    [InlineData("x.nul.json")]
    public void Add_AnOrdinaryName_IsTakenOnEverySystem(string name) =>
        Assert.All(Systems.Values, system => Assert.Equal(name, new FolderNames(system).Add(name)));

    [Theory]
    [MemberData(nameof(AllSystems))]
    public void Add_TheSameNameTwice_IsRefusedOnEverySystem(string system)
    {
        var names = new FolderNames(Systems[system]);
        names.Add("config.json");

        Assert.Contains("two files", Assert.Throws<FishException>(() => names.Add("config.json")).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_NamesThatDifferInCaseAlone_AreRefusedWhereTheyAreOne()
    {
        foreach (var system in new[] { FileNaming.Windows, FileNaming.Mac })
        {
            var names = new FolderNames(system);
            names.Add("Config.json");
            var error = Assert.Throws<FishException>(() => names.Add("config.json"));
            Assert.Equal((ErrorCode.NameInvalid, "config.json"), (error.Code, error.Key));
            Assert.Contains("'Config.json'", error.Cause, StringComparison.Ordinal);
            Assert.Contains(system.Name, error.Cause, StringComparison.Ordinal);
        }

        var both = new FolderNames(FileNaming.Linux);
        Assert.Equal(("Config.json", "config.json"), (both.Add("Config.json"), both.Add("config.json")));
    }

    [Fact]
    public void CheckAll_OnThisSystem_IsByItsRules()
    {
        FolderNames.CheckAll(["config.json", "model.safetensors"]);

        Assert.Equal("a", FolderNames.Check("a"));
        Assert.Throws<FishException>(() => FolderNames.CheckAll(["config.json", "config.json"]));
        Assert.Equal(!OperatingSystem.IsLinux(), FolderNames.Comparer.Equals("a", "A"));
    }

    private static FishException Refuse(FileNaming system, string name) =>
        Assert.Throws<FishException>(() => new FolderNames(system).Add(name));
}
