using FishCheckpoint.Cli;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

return await FishCommandLine.RunAsync(args, new Shell(Terminal.OfProcess(), SettingsFile.Load()));
