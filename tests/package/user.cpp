// The smallest user of a component: see CMakeLists.txt.
#include HEADER

int main() {}
